// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Foundation
import TestSupport
import Testing

/// The script at work in a directory that stands for the Pi's root, with stand-ins for lbu and OpenRC.
private struct FirstBoot {
  private let directory: TemporaryDirectory
  let shell: ForeignTool

  init() throws {
    directory = try TemporaryDirectory()
    shell = ForeignTool("busybox").isInstalled ? ForeignTool("busybox") : ForeignTool("sh")
    for path in ["etc/lbu", "etc/runlevels/default", "etc/ssh", "media/mmcblk0p2", "bin", "tmp/etc"] {
      try FileManager.default.createDirectory(atPath: self.path(path), withIntermediateDirectories: true)
    }
    try write("etc/lbu/lbu.conf", "LBU_MEDIA=mmcblk0p2\n")
    try write("media/mmcblk0p2/pi.apkovl.tar.gz", "old")
    try write("tmp/etc/fstab", "x\n")
    try link("etc/runlevels/default/cairn-first-commit")
    try link("etc/runlevels/default/sshd")
    try write("etc/ssh/ssh_host_ed25519_key", "key")
    try command("lbu", "[ \"$*\" = 'package -' ] && exec tar -czf - -C \(path("tmp")) etc/fstab")
  }

  func path(_ path: String) -> String { directory.path(path) }

  func write(_ path: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: self.path(path)))
  }

  func link(_ path: String) throws {
    try FileManager.default.createSymbolicLink(atPath: self.path(path), withDestinationPath: "/etc/init.d/x")
  }

  func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: self.path(path)) }

  func command(_ name: String, _ text: String) throws {
    try write("bin/\(name)", "#!/bin/sh\n\(text)\n")
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path("bin/\(name)"))
  }

  /// What `start` ends with.
  func start() throws -> Int32 {
    let script = try FirstCommitTests.script()
      .replacingOccurrences(of: "/etc/", with: "\(directory.path)/etc/").replacingOccurrences(
        of: "/media/", with: "\(directory.path)/media/")
    try write(
      "script",
      "ebegin() { :; }\nhostname() { echo pi; }\nsync() { :; }\neend() { return $1; }\n\(script)\nstart\n")
    let arguments = (shell.name == "busybox" ? ["sh"] : []) + [path("script")]
    let searched = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return try shell.run(arguments, environment: ["PATH": "\(path("bin")):\(searched)"]).status
  }

  /// Names on the medium.
  func medium() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path("media/mmcblk0p2")).sorted()
  }

  /// Whether the apkovl is another one than before.
  func isReplaced() throws -> Bool {
    try Data(contentsOf: URL(fileURLWithPath: path("media/mmcblk0p2/pi.apkovl.tar.gz"))) != Data("old".utf8)
  }

  /// Whether the link in the runlevel is there.
  var isLinked: Bool {
    (try? FileManager.default.destinationOfSymbolicLink(
      atPath: path("etc/runlevels/default/cairn-first-commit")))
      != nil
  }
}

@Suite(.enabled(if: ForeignTool("sh").isInstalled)) struct FirstCommitTests {
  fileprivate static func script() throws -> String {
    var recorder = Recorder()
    Overlay(hostname: .default, dataPartitionUUID: "", release: nil, time: Timestamp(seconds: 0))
      .write(to: &recorder)
    return try #require(recorder.text(EntryPath("etc/init.d/cairn-first-commit")))
  }

  @Test(arguments: ["sh", "busybox", "dash", "bash"])
  func `shells find no fault with it`(shell: String) throws {
    guard ForeignTool(shell).isInstalled else { return }
    let arguments = (shell == "busybox" ? ["sh"] : []) + ["-n"]
    let result = try ForeignTool(shell).run(arguments, input: Data(try Self.script().utf8))
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
  }

  @Test func `a good boot is committed, in the place of the old apkovl and without a backup`() throws {
    let boot = try FirstBoot()
    #expect(try boot.start() == 0)
    #expect(try boot.isReplaced() && boot.medium() == ["pi.apkovl.tar.gz"] && !boot.isLinked)
  }

  @Test func `the link is gone before the commit is made`() throws {
    let boot = try FirstBoot()
    let link = boot.path("etc/runlevels/default/cairn-first-commit")
    try boot.command("lbu", "[ ! -L \(link) ] && exec tar -czf - -C \(boot.path("tmp")) etc/fstab")
    #expect(try boot.start() == 0 && boot.isReplaced())
  }

  @Test(arguments: [
    ("no host keys", "etc/ssh/ssh_host_ed25519_key"), ("no settings", "etc/lbu/lbu.conf"),
  ])
  func `a boot without what it needs is left to the next`(name: String, missing: String) throws {
    let boot = try FirstBoot()
    try boot.remove(missing)
    #expect(try boot.start() != 0 && !boot.isReplaced())
  }

  @Test func `without sshd no host keys are waited for`() throws {
    let boot = try FirstBoot()
    try boot.remove("etc/ssh/ssh_host_ed25519_key")
    try boot.remove("etc/runlevels/default/sshd")
    #expect(try boot.start() == 0 && boot.isReplaced())
  }

  @Test func `nothing is written where the medium is not mounted`() throws {
    let boot = try FirstBoot()
    try boot.remove("media/mmcblk0p2/pi.apkovl.tar.gz")
    #expect(try boot.start() != 0 && boot.medium() == [])
  }

  @Test func `what is to be encrypted is not written in the clear`() throws {
    let boot = try FirstBoot()
    try boot.write("etc/lbu/lbu.conf", "LBU_MEDIA=mmcblk0p2\nENCRYPTION=aes-256-cbc\n")
    #expect(try boot.start() != 0 && !boot.isReplaced())
  }

  @Test(arguments: [
    "exit 1", "echo no tar", "tar -czf - -C / etc/hostname", "tar -czf - -C \"$T\" etc/fstab | head -c 60",
  ])
  func `an archive that is not whole stays off, and leaves nothing`(command: String) throws {
    let boot = try FirstBoot()
    try boot.command("lbu", "T=\(boot.path("tmp"))\n\(command)")
    #expect(try boot.start() != 0 && !boot.isReplaced() && boot.medium() == ["pi.apkovl.tar.gz"])
  }

  @Test func `it can be left out`() throws {
    var settings = SystemSettings()
    settings.lbu.commitsFirstBoot = false
    var recorder = Recorder()
    Overlay(
      hostname: .default, dataPartitionUUID: "", release: nil, settings: settings, time: Timestamp(seconds: 0)
    ).write(to: &recorder)
    #expect(!recorder.listing.contains { $0.contains("cairn-first-commit") })
  }
}
