// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file system of its own that is soon full. Only root can mount one.
public final class SmallFileSystem {
  public enum Kind: Sendable {
    case tmpfs, ext4
  }

  private let directory: TemporaryDirectory
  public var path: String { directory.path("mounted") }

  /// - Parameter byteCount: of the file system, its own structures included.
  public init(_ kind: Kind, byteCount: Int) throws {
    directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    switch kind {
    case .tmpfs: try Self.run("mount", "-t", "tmpfs", "-o", "size=\(byteCount)", "none", path)
    case .ext4:
      let volume = directory.path("volume")
      try Self.run("mkfs.ext4", "-q", "-m", "0", volume, "\(byteCount >> 10)k")
      try Self.run("mount", "-o", "loop", volume, path)
    }
  }

  deinit { try? Self.run("umount", path) }

  /// Bytes that an ordinary user may still write.
  public func freeByteCount() throws -> Int {
    try (FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? NSNumber)?.intValue
      ?? 0
  }

  private static func run(_ tool: String, _ arguments: String...) throws {
    let result = try ForeignTool(tool).run(arguments)
    guard result.status == 0 else { throw Failure(errors: result.errors) }
  }

  private struct Failure: Error { let errors: String }

  public static func canMount(_ kind: Kind) -> Bool {
    getuid() == 0 && (try? SmallFileSystem(kind, byteCount: 16 << 20)) != nil
  }
}
