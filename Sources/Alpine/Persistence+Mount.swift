// SPDX-License-Identifier: Apache-2.0
public import Entries

// Where the content lies on the data partition.
extension Persistence {
  private static let overlays = EntryPath("overlay")
  private static let images = EntryPath("images")

  /// What a bound directory can't be on the data partition.
  static let takenDirectories = [overlays, images, EntryPath("cache"), EntryPath("lost+found")]

  private var upperPath: EntryPath { Self.overlays.appending(path).appending(EntryPath("upper")) }
  private var workPath: EntryPath { Self.overlays.appending(path).appending(EntryPath("work")) }

  /// The file that holds its file system: on the data partition, for strategy `file` alone.
  public var imagePath: EntryPath? {
    guard strategy == .file else { return nil }
    let bytes = Self.images.appending(path).bytes + Array(".img".utf8)
    do { return try EntryPath(bytes) } catch { preconditionFailure("\(bytes.printable): \(error)") }
  }

  /// The first directory on the data partition that is this one's alone, or the file; nil where it has none there.
  public var dataPath: EntryPath? {
    switch strategy {
    case .overlay: Self.overlays.appending(path)
    case .bind: path
    case .file: imagePath
    case .partition: nil
    }
  }

  /// Makes the directories that the data partition must hold for it. Overlayfs wants `work` to be empty and in the file
  /// system of `upper`, whose mode the merged directory has.
  ///
  /// Source: Linux kernel, Documentation/filesystems/overlayfs.rst, "Upper and Lower".
  func addDirectories(to tree: inout FileTree) {
    switch strategy {
    case .overlay:
      tree.addDirectory(upperPath, mode: mode)
      tree.addDirectory(workPath)
    case .bind: addContent(to: &tree, at: path)
    case .file: if let imagePath { tree.addDirectory(imagePath.parent) }
    case .partition: break
    }
  }
}

// How it is mounted.
extension Persistence {
  /// Modules that the kernel of a release needs for it. That for ext4 is there: the data partition took it.
  var modules: [String] {
    switch strategy {
    case .overlay: ["overlay"]
    case .file: ["loop"]
    case .bind, .partition: []
    }
  }

  /// The line of etc/fstab, to stand after that of the data partition, which is mounted at `mountPoint`.
  ///
  /// Source: fstab(5); mount(8), "Bind mount operation" and "Loop device support"; overlayfs.rst.
  ///
  /// - Parameter uuid: of the file system on its partition, which strategy `partition` must have.
  func fstabLine(dataPartitionAt mountPoint: EntryPath, uuid: String?) -> [UInt8] {
    func onData(_ path: EntryPath) -> [UInt8] { Self.fstabField(mountPoint.appending(path)) }
    let target = Self.fstabField(path)
    switch strategy {
    case .overlay:
      let options =
        Array("lowerdir=".utf8) + target + Array(",upperdir=".utf8) + onData(upperPath)
        + Array(",workdir=".utf8) + onData(workPath)
      return Self.fstabLine(Array("overlay".utf8), target, "overlay", options)
    case .bind: return Self.fstabLine(onData(path), target, "none", Array("bind".utf8))
    case .file: return Self.fstabLine(onData(imagePath ?? path), target, "ext4", Array("loop,rw".utf8))
    case .partition:
      guard let uuid else { preconditionFailure("\(path): a partition without a UUID") }
      return Self.fstabLine(Array("UUID=\(uuid)".utf8), target, "ext4", Array("rw,relatime".utf8))
    }
  }

  /// Neither dumped nor checked: a card may have no e2fsck.
  private static func fstabLine(
    _ source: [UInt8], _ target: [UInt8], _ type: String, _ options: [UInt8]
  ) -> [UInt8] {
    let tab = [UInt8(ascii: "\t")]
    return source + tab + target + tab + Array(type.utf8) + tab + options + Array(" 0 0\n".utf8)
  }

  /// Absolute, what would end the field or begin a comment as three octal digits.
  private static func fstabField(_ path: EntryPath) -> [UInt8] {
    path.bytes.reduce(into: [UInt8(ascii: "/")]) { field, byte in
      switch byte {
      case UInt8(ascii: " "): field += Array(#"\040"#.utf8)
      case UInt8(ascii: "\t"): field += Array(#"\011"#.utf8)
      case UInt8(ascii: "\n"): field += Array(#"\012"#.utf8)
      case UInt8(ascii: "\\"): field += Array(#"\134"#.utf8)
      case UInt8(ascii: "#"): field += Array(#"\043"#.utf8)
      default: field.append(byte)
      }
    }
  }
}
