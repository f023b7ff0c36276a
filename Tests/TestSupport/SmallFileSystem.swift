// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file system of its own that is soon full. Only root can mount one.
public final class SmallFileSystem {
  public enum Kind: Sendable {
    case tmpfs, ext4
  }

  private enum Mounted {
    case memory(Mount)
    case volume(LoopMount, TemporaryDirectory)
  }

  private let mounted: Mounted

  /// - Parameter byteCount: of the file system, its own structures included.
  public init(_ kind: Kind, byteCount: Int) throws {
    switch kind {
    case .tmpfs: mounted = .memory(try Mount("none", type: "tmpfs", options: "size=\(byteCount)"))
    case .ext4:
      let directory = try TemporaryDirectory()
      let volume = directory.path("volume")
      try ForeignTool("mkfs.ext4").succeed("-q", "-m", "0", volume, "\(byteCount >> 10)k")
      mounted = .volume(try LoopMount(volume, isWritable: true), directory)
    }
  }

  public var path: String {
    switch mounted {
    case .memory(let mount): mount.path
    case .volume(let mount, _): mount.path
    }
  }

  /// Bytes that an ordinary user may still write.
  public func freeByteCount() throws -> Int {
    try (FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? NSNumber)?.intValue
      ?? 0
  }

  public static func canMount(_ kind: Kind) -> Bool {
    getuid() == 0 && (try? SmallFileSystem(kind, byteCount: 16 << 20)) != nil
  }
}
