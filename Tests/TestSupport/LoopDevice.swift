// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file as a block device, until the value goes.
public final class LoopDevice {
  private static let losetup = ForeignTool("losetup")
  /// /dev/loop0, say.
  public let path: String

  /// - Parameters:
  ///   - offset: where in the file the device begins, in bytes.
  ///   - sectorSize: of the device, in bytes.
  public init(
    _ file: String, at offset: UInt64 = 0, isWritable: Bool = true, sectorSize: Int = 512
  ) throws {
    let options =
      ["--find", "--show", "--offset", "\(offset)", "--sector-size", "\(sectorSize)"]
      + (isWritable ? [] : ["--read-only"])
    var result = try Self.losetup.run(options + [file])
    // Whoever looks for a free one at the same time may be faster.
    for _ in 0..<5 where result.status != 0 { result = try Self.losetup.run(options + [file]) }
    guard result.status == 0 else { throw LoopFailure(text: result.errors) }
    path = result.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  deinit { _ = try? Self.losetup.run("--detach", path) }
}

/// An ext4 volume mounted at a directory of its own, until the value goes. Its loop device is its own, too: mount(8)
/// would take one that another mount has left, and its being read-only with it.
public final class LoopMount {
  private let mount: Mount
  /// Nil once unmounted.
  private var device: LoopDevice?

  /// Whether an image of mke2fs can be mounted here: that takes root and loop devices.
  public static let isPossible: Bool = {
    guard getuid() == 0, let probe = try? TemporaryDirectory() else { return false }
    let path = probe.path("probe")
    guard FileManager.default.createFile(atPath: path, contents: nil), truncate(path, 8 << 20) == 0,
      (try? ForeignTool("mke2fs").run("-F", "-q", "-t", "ext4", path))?.status == 0
    else { return false }
    return (try? LoopMount(path)) != nil
  }()

  /// - Parameters:
  ///   - path: a file or a device.
  ///   - offset: where in it the volume begins, in bytes.
  public init(_ path: String, at offset: UInt64 = 0, isWritable: Bool = false) throws {
    let device = try LoopDevice(path, at: offset, isWritable: isWritable)
    mount = try Mount(device.path, type: "ext4", options: isWritable ? "rw" : "ro,noload")
    self.device = device
  }

  deinit { unmount() }

  public var path: String { mount.path }

  /// Where the mounted volume has a path of its own.
  public func path(_ path: String) -> String { "\(mount.path)/\(path)" }

  public func unmount() {
    mount.unmount()
    device = nil
  }
}

/// What losetup said.
struct LoopFailure: Error { let text: String }
