// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let debugfs = ForeignTool("debugfs")
private let tar = ForeignTool("tar")

/// What a recipe says of the system, in the apkovl on the card.
@Suite(.enabled(if: debugfs.isInstalled && tar.isInstalled))
struct OverlayRecipeTests {
  private let scratch: TemporaryDirectory
  private let image: String
  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk"

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("release.tar.gz"), withDestinationPath: SampleCard.shared.get().release)
  }

  private func build(_ text: String) throws -> ForeignTool.Result {
    let recipe = scratch.path("card.yaml")
    let start = "release: release.tar.gz\nsize: 128MiB\nboot: {size: 48MiB}\n"
    try (start + text).write(toFile: recipe, atomically: false, encoding: .utf8)
    return try cairn.run("build", recipe, "-o", image, "--no-sync")
  }

  /// The apkovl's listing, and its files below `scratch`.
  private func unpack(_ name: String) throws -> String {
    let request = "dump /\(name).apkovl.tar.gz \(scratch.path("apkovl.tar.gz"))"
    _ = try debugfs.run("-R", request, "\(image)?offset=54525952")
    _ = try tar.run("-xzf", scratch.path("apkovl.tar.gz"), "-C", scratch.path, "--no-same-owner")
    return try tar.run("-tvzf", scratch.path("apkovl.tar.gz"), "--numeric-owner").text
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: scratch.path(path), encoding: .utf8)
  }

  @Test func `the system is set up as the recipe says`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.path("extra/usr/local/bin"), withIntermediateDirectories: true)
    try Data("#!/bin/sh\n".utf8).write(to: scratch.url.appendingPathComponent("extra/usr/local/bin/hello"))
    try Data("#!/bin/sh\n".utf8).write(to: scratch.url.appendingPathComponent("late.start"))
    try APKFile("doas").write(to: scratch.path("apks/doas.apk"))
    try APKFile("docker", files: [("etc/init.d/docker", "")]).write(to: scratch.path("apks/docker.apk"))
    let build = try build(
      """
      hostname: pi
      timezone: Europe/Vienna
      network: {interfaces: {eth0: {address: 192.168.1.5/24, gateway: 192.168.1.1}}, nameservers: 9.9.9.9}
      ssh: {keys: \(Self.key)}
      users: {name: ann, keys: \(Self.key), admin: true}
      packages: docker
      cache: apks
      services: {default: docker}
      lbu: {backups: 3, include: opt}
      overlay: extra
      scripts: late.start
      persist: [/var/lib/docker, {path: /var/log, by: overlay}]

      """)
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    let listing = try unpack("pi")
    #expect(try text("etc/lbu/lbu.conf").contains("BACKUP_LIMIT=3\n"))
    #expect(try text("etc/network/interfaces").contains("address 192.168.1.5/24"))
    #expect(try text("etc/resolv.conf").contains("nameserver 9.9.9.9\n"))
    #expect(try text("etc/apk/world").split(separator: "\n").contains("docker"))
    #expect(try text("home/ann/.ssh/authorized_keys") == Self.key + "\n")
    #expect(try text("root/.ssh/authorized_keys") == Self.key + "\n")
    let kept = try text("etc/apk/protected_paths.d/lbu.list").split(separator: "\n")
    for path in ["+home", "+root/.ssh", "+opt", "+usr/local/bin/hello"] {
      #expect(kept.contains { $0 == path || path.hasPrefix("\($0)/") }, "\(path)")
    }
    #expect(try text("etc/fstab").contains("overlay\t/var/log\toverlay"))
    for line in ["etc/runlevels/default/docker", "etc/local.d/late.start", "usr/local/bin/hello"] {
      #expect(listing.contains(line), "\(line)")
    }
    #expect(listing.contains("1000/1000") && listing.contains("-rw-r----- 0/42"))
  }

  @Test func `settings that can't be are refused with their line`() throws {
    let build = try build("hostname: pi\nssh: {keys: [\"\(Self.key)\", nonsense]}\npackages: bad name\n")
    #expect(build.status == 3)
    #expect(build.errors.contains("card.yaml:5:"), "\(build.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `a card that lets nobody in is warned of`() throws {
    let build = try build("hostname: pi\nroot: {password: locked}\n")
    #expect(build.status == 0)
    #expect(build.errors.contains("warning: nobody can log in"), "\(build.errors)")
  }

  @Test func `a script or a key that is too large is named`() throws {
    let large = Data(repeating: 35, count: 1 << 20 | 1)
    try large.write(to: scratch.url.appendingPathComponent("late.start"))
    let script = try build("hostname: pi\nscripts: late.start\n")
    #expect(script.status == 5)
    #expect(script.errors.contains("late.start: 1 MiB are the most"), "\(script.errors)")
    try FileManager.default.createDirectory(
      atPath: scratch.path("keys"), withIntermediateDirectories: false)
    try large.write(to: scratch.url.appendingPathComponent("keys/ssh_host_rsa_key"))
    let key = try build("hostname: pi\nssh: {host-keys: keys}\n")
    #expect(key.status == 5)
    #expect(key.errors.contains("keys/ssh_host_rsa_key: 1 MiB are the most"), "\(key.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }
}
