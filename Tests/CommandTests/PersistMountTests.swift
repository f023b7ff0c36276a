// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// The fstab of a card, mounted line by line by this machine's kernel as a Pi's does, twice, with the root in RAM gone
/// between.
@Suite(.enabled(if: LoopMount.isPossible, "needs root and loop devices"), .serialized)
struct PersistMountTests {
  private let scratch: TemporaryDirectory
  private let image: String

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
    let directories = ["/var/lib/docker", "/var/log", "/srv/db:file,size=24MiB", "/opt/data:partition"]
    let build = try cairn.run(
      [
        "build", "--release", try SampleCard.shared.get().release, "-o", image, "--no-sync", "--size",
        "256MiB", "--boot-size", "36MiB", "--hostname", "pi",
      ] + directories.flatMap { ["--persist", $0] })
    #expect(build.status == 0, "\(build.errors)")
  }

  private static let hasOverlayfs =
    (try? String(contentsOfFile: "/proc/filesystems", encoding: .utf8))?.contains("\toverlay\n") == true

  private static let data = 40 << 20..<148 << 20
  private static let partition = 148 << 20..<256 << 20

  @Test(arguments: [
    ("/var/lib/docker", "710"), ("/srv/db", "755"), ("/opt/data", "755"),
  ])
  func `what is written to a directory is there after a reboot`(directory: String, mode: String) throws {
    try expectKept(directory, mode: mode)
  }

  @Test(.enabled(if: hasOverlayfs, "needs a kernel with overlayfs"))
  func `what is written to an overlay is there after a reboot, over what the root brings`() throws {
    try expectKept("/var/log", mode: "755")
  }

  private func expectKept(_ directory: String, mode: String) throws {
    let bytes = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) })
    try boot { root in
      try bytes.write(to: URL(fileURLWithPath: root + directory + "/kept"))
      #expect(
        chown(root + directory + "/kept", 1000, 70) == 0 && chmod(root + directory + "/kept", 0o640) == 0)
      let attributes = try FileManager.default.attributesOfItem(atPath: root + directory)
      #expect(String((attributes[.posixPermissions] as? Int) ?? 0, radix: 8) == mode)
    }
    try boot { root in
      #expect(try Data(contentsOf: URL(fileURLWithPath: root + directory + "/kept")) == bytes)
      let attributes = try FileManager.default.attributesOfItem(atPath: root + directory + "/kept")
      #expect(attributes[.ownerAccountID] as? Int == 1000 && attributes[.groupOwnerAccountID] as? Int == 70)
      #expect(attributes[.posixPermissions] as? Int == 0o640)
      let showsThrough = FileManager.default.fileExists(atPath: root + directory + "/of the root")
      #expect(showsThrough == (directory == "/var/log"))
    }
    for range in [Self.data, Self.partition] {
      let verdict = try ForeignTool("e2fsck").run("-fn", "\(image)?offset=\(range.lowerBound)")
      #expect(verdict.status == 0, "\(verdict.text)")
    }
    #expect(try cairn.run("check", image).status == 0)
  }

  /// Makes a new root, mounts in it what the fstab of the card says, and unmounts it again.
  private func boot(_ body: (_ root: String) throws -> Void) throws {
    let root = scratch.path(UUID().uuidString)
    var mounted: [String] = []
    defer { for path in mounted.reversed() { _ = try? ForeignTool("umount").run(path) } }
    /// Over a directory that holds a file of the root's.
    func mount(_ arguments: [String], at path: String) throws {
      let target = root + path
      try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
      try Data().write(to: URL(fileURLWithPath: target + "/of the root"))
      let result = try ForeignTool("mount").run(arguments + [target])
      #expect(result.status == 0, "\(arguments): \(result.errors)")
      if result.status == 0 { mounted.append(target) }
    }
    try mount(["-o", Self.loop(Self.data), image], at: "/media/mmcblk0p2")
    let overlay = root + "/media/mmcblk0p2/pi.apkovl.tar.gz"
    let fstab = try ForeignTool("tar").run("-xOzf", overlay, "etc/fstab").text
    let lines = fstab.split(separator: "\n").dropFirst(3).map {
      $0.split { $0.isWhitespace }.map(String.init)
    }
    #expect(lines.count == 4)
    for fields in lines where fields[2] != "overlay" || Self.hasOverlayfs {
      var source = fields[0].replacing("/media/", with: "\(root)/media/")
      var options = fields[3].replacing("=/", with: "=\(root)/")
      if source.hasPrefix("UUID=") {
        // A partition of a file has no device of its own that a UUID would find.
        #expect(try uuid(of: Self.partition) == source.dropFirst(5))
        source = image
        options += "," + Self.loop(Self.partition)
      }
      let type = fields[2] == "none" ? [] : ["-t", fields[2]]
      try mount(type + ["-o", options, source], at: fields[1])
    }
    try body(root)
  }

  private static func loop(_ range: Range<Int>) -> String {
    "loop,offset=\(range.lowerBound),sizelimit=\(range.count)"
  }

  private func uuid(of range: Range<Int>) throws -> Substring? {
    try ForeignTool("dumpe2fs").run("-h", "\(image)?offset=\(range.lowerBound)").text.split(separator: "\n")
      .first { $0.hasPrefix("Filesystem UUID:") }?.split(separator: " ").last
  }
}
