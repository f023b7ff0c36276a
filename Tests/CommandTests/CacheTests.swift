// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import TestSupport
import Testing

private let debugfs = ForeignTool("debugfs")
private let e2fsck = ForeignTool("e2fsck")
private let tar = ForeignTool("tar")

/// Packages for apk's cache, and what a card lacks.
@Suite struct CacheTests {
  private let scratch: TemporaryDirectory
  private let card: SampleCard
  private let image: String
  private static let dataOffset = 52 << 20

  init() throws {
    scratch = try TemporaryDirectory()
    card = try SampleCard.shared.get()
    image = scratch.path("card.img")
    try FileManager.default.createSymbolicLink(
      atPath: scratch.path("release.tar.gz"), withDestinationPath: card.release)
  }

  /// Builds a card of 128 MiB from a recipe of these lines, which begin with the fourth.
  private func build(_ lines: String, _ options: String...) throws -> ForeignTool.Result {
    let recipe = scratch.path("card.yaml")
    let text = "release: release.tar.gz\nhostname: pi\nsize: 128MiB\n\(lines)\nboot: {size: 48MiB}\n"
    try text.write(toFile: recipe, atomically: false, encoding: .utf8)
    return try cairn.run(["build", recipe, "-o", image, "--no-sync"] + options)
  }

  /// docker with the service that joins it, and what it needs.
  private func writePackages(to directory: String) throws -> [String: APKFile] {
    let service = [("etc/init.d/docker", "#!/sbin/openrc-run\n"), ("etc/conf.d/docker", "")]
    let packages = [
      "docker": APKFile("docker", fields: ["arch = aarch64", "depend = containerd>=1.0"]),
      "docker-openrc": APKFile(
        "docker-openrc", fields: ["arch = aarch64", "install_if = docker=1.0-r0 openrc"], files: service),
      "containerd": APKFile("containerd", version: "1.4-r2", fields: ["arch = noarch", "depend = musl"]),
    ]
    for (name, package) in packages { try package.write(to: scratch.path("\(directory)/\(name).apk")) }
    return packages
  }

  private func cacheName(_ name: String, _ package: APKFile) -> String {
    "\(name).\(Digest.sha1(package.control).hexadecimal.prefix(8)).apk"
  }

  private func volume() throws -> Ext4.VolumeReader {
    let target = try ReadOnlyFile(path: image)
    let range = UInt64(Self.dataOffset)..<target.size
    return try Ext4.VolumeReader(TargetSlice(of: target, range: range))
  }

  /// Every file below cache/, with its bytes.
  private func cachedFiles() throws -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    var reader = try volume()
    while let entry = try reader.next() {
      guard case .regular = entry.kind, entry.path.parent == EntryPath("cache") else { continue }
      #expect(entry.owner == .root && entry.mode == 0o644, "\(entry.path)")
      var bytes: [UInt8] = []
      while case let piece = try reader.nextBytes(), !piece.isEmpty {
        piece.withUnsafeBytes { bytes += Array($0) }
      }
      files[String(decoding: entry.path.name, as: UTF8.self)] = bytes
    }
    return files
  }

  @Test func `a world of release and cache is made, and the cache has apk's names`() throws {
    let packages = try writePackages(to: "apks")
    let index = [UInt8]("an index\n".utf8)
    try Data(index).write(to: scratch.url.appendingPathComponent("apks/APKINDEX.tar.gz"))
    let build = try build("packages: docker\nservices: {default: docker}\ncache: apks")
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    #expect(build.text.contains("pi.apkovl.tar.gz, cache/ with 3 packages\n"), "\(build.text)")
    var files = try cachedFiles()
    for (name, package) in [("docker-1.0-r0", "docker"), ("docker-openrc-1.0-r0", "docker-openrc")] {
      let package = try #require(packages[package])
      #expect(files.removeValue(forKey: cacheName(name, package)) == package.bytes, "\(name)")
    }
    let containerd = try #require(packages["containerd"])
    #expect(files.removeValue(forKey: cacheName("containerd-1.4-r2", containerd)) == containerd.bytes)
    // By sha1sum: of the URL of v3.19's main, since the sample's apk-tools are 2.14.0.
    let name = CacheIndexName.repository.fileName(
      repository: "http://dl-cdn.alpinelinux.org/alpine/v3.19/main", architecture: .aarch64)
    #expect(files.removeValue(forKey: name) == index)
    let installed = files.removeValue(forKey: "installed")
    #expect(String(decoding: installed ?? [], as: UTF8.self).contains("P:containerd\nV:1.4-r2\n"))
    #expect(files.isEmpty, "\(files.keys)")
  }

  @Test(.enabled(if: debugfs.isInstalled && e2fsck.isInstalled && tar.isInstalled))
  func `others find the same files, and no fault`() throws {
    let docker = try #require(try writePackages(to: "apks")["docker"])
    #expect(
      try tar.run("-C", scratch.path("apks"), "-czf", scratch.path("apks.tar.gz"), ".").status == 0)
    let build = try build("packages: docker\ncache: {from: [apks.tar.gz]}")
    #expect(build.status == 0, "\(build.errors)")
    let volume = "\(image)?offset=\(Self.dataOffset)"
    #expect(try e2fsck.run("-fn", volume).status == 0)
    let copy = scratch.path("copy.apk")
    _ = try debugfs.run("-R", "dump /cache/\(cacheName("docker-1.0-r0", docker)) \(copy)", volume)
    #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(docker.bytes))
    #expect(try cairn.run("check", image).status == 0)
  }

  @Test func `the same cache makes the same card, by recipe and by options`() throws {
    _ = try writePackages(to: "apks")
    #expect(try build("packages: docker\ncache: apks").status == 0)
    let other = scratch.path("other.img")
    try FileManager.default.moveItem(atPath: image, toPath: other)
    let again = try build(
      "packages: docker\ncache: {from: nowhere, online-first-boot: false}", "--cache", scratch.path("apks"))
    #expect(again.status == 0, "\(again.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: other))
  }

  @Test func `packages that are nowhere are named with their line, and what misses them`() throws {
    let packages = try writePackages(to: "apks")
    try FileManager.default.removeItem(atPath: scratch.path("apks/containerd.apk"))
    #expect(packages.count == 3)
    let build = try build("cache: apks\npackages: [nano>=5, docker]")
    #expect(build.status == 3)
    let recipe = scratch.path("card.yaml")
    #expect(
      build.errors == """
        cairn: packages that neither the release nor the cache can install; put what is missing into the cache \
        (--cache), or let the first boot fetch it (--online-first-boot)
          \(recipe):5:12: packages.0: nano>=5: nothing provides it
          \(recipe):5:21: packages.1: docker-1.0-r0 needs containerd>=1.0: nothing provides it

        """)
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `what the settings need and nobody named has no line`() throws {
    let build = try build("users: {name: ann, admin: true, password: locked}")
    #expect(build.status == 3)
    #expect(build.errors.hasSuffix("\n  doas: nothing provides it\n"), "\(build.errors)")
  }

  @Test func `with a network at the first boot it is told what will be fetched, and the overlay fetches it`()
    throws
  {
    let build = try build("packages: docker\nservices: {default: docker}", "--online-first-boot")
    #expect(build.status == 0)
    #expect(
      build.errors == """
        cairn: warning: not on the card, to be fetched by the first boot: docker: nothing provides it
        cairn: warning: service docker starts only if what the first boot fetches has it

        """)
    let without = try self.build(
      "packages: docker\ncache: {online-first-boot: true}", "--no-online-first-boot")
    #expect(without.status == 3)
  }

  @Test func `services without a script are named, with their line and what may have been meant`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.path("extra/etc/init.d"), withIntermediateDirectories: true)
    try "#!/sbin/openrc-run\n".write(
      toFile: scratch.path("extra/etc/init.d/own"), atomically: false, encoding: .utf8)
    let build = try build(
      "overlay: extra\nservices: {boot: wpa_suplicant, default: [own, ntpd, wpa_cli, nix]}")
    let recipe = scratch.path("card.yaml")
    #expect(build.status == 3)
    #expect(
      build.errors == """
        cairn: services that can't start
          \(recipe):5:18: services.boot: wpa_suplicant in runlevel boot: nothing on the card has a script of this name \
        for etc/init.d; did you mean wpa_supplicant?
          \(recipe):5:54: services.default.2: wpa_cli in runlevel default: it comes with wpa_supplicant, which is not \
        going to be installed; add that to packages
          \(recipe):5:63: services.default.3: nix in runlevel default: nothing on the card has a script of this name \
        for etc/init.d; add the package that has one to packages

        """)
    #expect(!FileManager.default.fileExists(atPath: image))
    let right = try self.build("packages: wpa_supplicant\nservices: {default: [ntpd, wpa_cli, sshd]}")
    #expect(right.status == 0, "\(right.errors)")
  }

  @Test func `a cache's own faults name the file`() throws {
    try FileManager.default.createDirectory(
      atPath: scratch.path("apks/more"), withIntermediateDirectories: true)
    try "text".write(toFile: scratch.path("apks/more/a.apk"), atomically: false, encoding: .utf8)
    let build = try build("cache: apks/")
    #expect(build.status == 5)
    #expect(
      build.errors == "cairn: \(scratch.path("apks/more/a.apk")): is no package of Alpine's; leave it out\n")
    try APKFile("a", fields: ["arch = x86_64"]).write(to: scratch.path("apks/more/a.apk"))
    let foreign = try self.build("cache: apks")
    #expect(foreign.status == 5 && foreign.errors.contains("is for x86_64"), "\(foreign.errors)")
    let missing = try self.build("cache: nowhere")
    #expect(missing.status == 5 && missing.errors.contains("nowhere"), "\(missing.errors)")
    #expect(!FileManager.default.fileExists(atPath: image))
  }

  @Test func `what has no place in a cache is left out with a warning, and what the data brings stays`()
    throws
  {
    let packages = try writePackages(to: "apks")
    let docker = try #require(packages["docker"])
    let name = cacheName("docker-1.0-r0", docker)
    for path in ["data/cache/\(name)", "apks/README"] {
      let file = scratch.url.appendingPathComponent(path)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data("own".utf8).write(to: file)
    }
    let build = try build("cache: apks\ndata: {from: data, owner: root:root}")
    #expect(build.status == 0)
    #expect(build.errors.contains("warning: cache: cache/\(name) is left out"), "\(build.errors)")
    #expect(build.errors.contains("warning: cache: \(scratch.path("apks/README")) is left out"))
    #expect(try cachedFiles()[name] == [UInt8]("own".utf8))
  }

  @Test func `a partition as small as its content counts the cache`() throws {
    let filler = String(repeating: "0123456789abcdef", count: 1 << 19)
    try APKFile("large", fields: ["arch = aarch64"], files: [("usr/share/large", filler)])
      .write(to: scratch.path("apks/large.apk"))
    try Data(count: 1 << 20).write(to: scratch.url.appendingPathComponent("apks/APKINDEX.tar.gz"))
    let arguments = [
      "build", "--release", card.release, "-o", image, "--boot-size", "48MiB", "--no-sync", "--no-journal",
      "--data-size", "min",
    ]
    #expect(try cairn.run(arguments).status == 0)
    let small = try ReadOnlyFile(path: image).size
    let build = try cairn.run(arguments + ["--cache", scratch.path("apks")])
    #expect(build.status == 0, "\(build.errors)")
    let large = try ReadOnlyFile(path: image).size
    #expect(large - small >= 9 << 20 && large - small <= 10 << 20, "\(small) \(large)")
    #expect(try cachedFiles().count == 3)
  }

  @Test(arguments: [
    (["--no-data"], "'--no-data' makes no partition for '--cache'"),
    (["--no-boot", "--data", "x"], "'--no-boot' leaves no release that '--cache' could be for"),
    (["--boot", "x"], "'--cache' is for an Alpine system; give '--release <tar>'"),
    (["--release", "x", "--cache", ""], "'--cache' takes a path, and it is empty"),
    (
      ["--release", "x", "--cache", "-"],
      "'--cache' takes a path; standard input is /dev/stdin, and a file ./-"
    ),
  ])
  func `a cache that nothing makes sense of is a mistake of usage`(options: [String], message: String) throws
  {
    let build = try cairn.run(["build", "--cache", "a", "-o", image] + options)
    #expect(build.status == 2)
    #expect(
      build.errors.hasPrefix("cairn: Error: \(message)\n") || build.errors.contains(message),
      "\(build.errors)")
  }

  @Test func `a recipe's cache without a release is one, too`() throws {
    let recipe = scratch.path("card.yaml")
    try "cache: apks\nboot: {from: apks}\n".write(toFile: recipe, atomically: false, encoding: .utf8)
    _ = try writePackages(to: "apks")
    let build = try cairn.run("build", recipe, "-o", image)
    #expect(build.status == 2)
    #expect(
      build.errors.contains("is for the apk of an Alpine release, and there is none"), "\(build.errors)")
  }

  @Test func `the report for scripts tells of packages`() throws {
    _ = try writePackages(to: "apks")
    let build = try build("packages: [docker, nano]\ncache: apks", "--online-first-boot", "--json")
    #expect(build.status == 0)
    let report = try #require(JSONSerialization.jsonObject(with: Data(build.text.utf8)) as? [String: Any])
    let result = try #require(report["result"] as? [String: Any])
    let packages = try #require((result["data"] as? [String: Any])?["packages"] as? [String: Any])
    #expect(packages["cached"] as? Int == 3)
    #expect(packages["missing"] as? [String] == ["nano"])
    #expect((packages["warnings"] as? [String])?.count == 1)
  }
}
