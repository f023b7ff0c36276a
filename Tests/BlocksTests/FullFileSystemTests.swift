// SPDX-License-Identifier: Apache-2.0
import Blocks
import CLinux
import Foundation
import TestSupport
import Testing

@Suite struct FullFileSystemTests {
  private static let reason: Comment = "needs root and a kernel that mounts it"

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), reason))
  func `a full tmpfs is an error, and nothing is left`() throws { try fill(.tmpfs) }

  @Test(.enabled(if: SmallFileSystem.canMount(.ext4), reason))
  func `a full ext4 is an error, and nothing is left`() throws { try fill(.ext4) }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), reason))
  func `an image that just fits a tmpfs is written`() throws { try writeWhatFits(.tmpfs) }

  @Test(.enabled(if: SmallFileSystem.canMount(.ext4), reason))
  func `an image that just fits an ext4 is written`() throws { try writeWhatFits(.ext4) }

  private func fill(_ kind: SmallFileSystem.Kind) throws {
    let volume = try SmallFileSystem(kind, byteCount: 16 << 20)
    let path = "\(volume.path)/card.img"
    let freeByteCount = try volume.freeByteCount()
    do {
      let image = try ImageFile(path: path, size: 64 << 20)
      let error = #expect(throws: BlockError.self) { try writeStream(to: image, byteCount: 64 << 20) }
      guard case .system(.write, path, _, ENOSPC) = error else {
        Issue.record("not ENOSPC from a write: \(String(describing: error))")
        return
      }
    }
    // A child process that was started meanwhile may hold the file for a moment.
    for _ in 0..<50 where try volume.freeByteCount() != freeByteCount { usleep(20_000) }
    #expect(try volume.freeByteCount() == freeByteCount)
  }

  /// The file system has room for what is written, but none for what would be reserved ahead.
  private func writeWhatFits(_ kind: SmallFileSystem.Kind) throws {
    let volume = try SmallFileSystem(kind, byteCount: 16 << 20)
    let path = "\(volume.path)/card.img"
    let byteCount = try volume.freeByteCount() / 2 & ~0xFFFFF
    let image = try ImageFile(path: path, size: 64 << 20)
    try writeStream(to: image, byteCount: byteCount)
    try image.write([1], at: 60 << 20)
    try image.commit(isDurable: true)
    var status = stat()
    try #require(stat(path, &status) == 0)
    #expect((byteCount...byteCount + 64 << 10).contains(Int(status.st_blocks) * 512))
  }

  private func writeStream(to image: ImageFile, byteCount: Int) throws {
    let piece = [UInt8](repeating: 0x5A, count: 256 << 10)
    for offset in stride(from: 0, to: byteCount, by: piece.count) {
      try image.write(piece, at: UInt64(offset))
    }
  }
}
