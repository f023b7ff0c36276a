// SPDX-License-Identifier: Apache-2.0
public import Foundation

/// What a virtual machine boots from: a tree of files that is packed into a cpio archive.
public struct Initramfs: Sendable {
  private static let cpio = ForeignTool("cpio")

  public static var isPossible: Bool { cpio.isInstalled }

  /// Where the tree grows.
  public let root: String

  /// - Parameter root: path of a directory, which is made where it is missing.
  public init(root: String) throws {
    self.root = root
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
  }

  /// The paths are absolute, those that the machine sees.
  public func addDirectory(_ path: String) throws {
    try FileManager.default.createDirectory(atPath: root + path, withIntermediateDirectories: true)
  }

  /// Copies a file, or what a link leads to, and makes the directories that it lies in; what is there already stays.
  public func add(_ file: String, as path: String) throws {
    try makeParent(of: path)
    if FileManager.default.fileExists(atPath: root + path) { return }
    let source = URL(fileURLWithPath: file).resolvingSymlinksInPath()
    try FileManager.default.copyItem(at: source, to: URL(fileURLWithPath: root + path))
  }

  /// Writes a file that may be run, in place of one that is there.
  public func addScript(_ text: String, as path: String) throws {
    try makeParent(of: path)
    try Data(text.utf8).write(to: URL(fileURLWithPath: root + path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: root + path)
  }

  private func makeParent(of path: String) throws {
    let parent = URL(fileURLWithPath: root + path).deletingLastPathComponent()
    try FileManager.default.createDirectory(at: parent, withIntermediateDirectories: true)
  }

  public func pack(to output: String) throws {
    let names = try FileManager.default.subpathsOfDirectory(atPath: root).map { $0 + "\n" }
    let archive = try Self.cpio.run(
      ["-o", "-H", "newc", "-R", "0:0", "-D", root], input: Data(names.joined().utf8))
    guard archive.status == 0 else { throw MachineFailure(archive.errors) }
    try archive.output.write(to: URL(fileURLWithPath: output))
  }
}

/// Why a virtual machine could not be made, or did not do as it was told.
public struct MachineFailure: Error, CustomStringConvertible {
  public let description: String

  public init(_ description: String) { self.description = description }
}

extension ForeignTool {
  /// Runs the tool where anything but success ends the test.
  @discardableResult public func succeed(_ arguments: String...) throws -> Data { try succeed(arguments) }

  @discardableResult public func succeed(_ arguments: [String]) throws -> Data {
    let result = try run(arguments)
    guard result.status == 0 else { throw MachineFailure("\(name): \(result.errors)\(result.text)") }
    return result.output
  }
}
