// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Entries
import Testing

@Suite struct SystemCheckTests {
  private static let release = Release(version: "3.13.4", architecture: .aarch64, models: [], packageCount: 0)

  private func overlay(_ settings: SystemSettings, files: OverlayFiles = OverlayFiles()) -> Overlay {
    Overlay(
      hostname: .default, dataPartitionUUID: "", release: Self.release, settings: settings, files: files,
      time: Overlay.earliestTime)
  }

  private func settings(_ packages: [String], services: [String] = []) throws -> SystemSettings {
    var settings = SystemSettings()
    settings.timeService = .none
    settings.sshServer = nil
    settings.packages = packages
    settings.addedServices = try services.map { try Service(name: $0, in: .default) }
    return settings
  }

  private func files(_ path: StaticString, _ text: String = "") throws -> OverlayFiles {
    var files = OverlayFiles()
    var reader = try Replay([(path.description, Array(text.utf8))])
    try files.add(contentsOf: &reader)
    return files
  }

  /// docker-openrc joins docker where openrc is.
  private func atHand() throws -> [Package] {
    try packages("alpine-base-3.13-r0: openrc", "openrc-1-r0:", "docker-1-r0: musl", "musl-1-r0:") + [
      try Package("P:docker-openrc\nV:1-r0\nD:musl\ni:docker=1-r0 openrc\n"),
      try Package("P:vpn-openrc\nV:1-r0\ni:vpn openrc\n"),
    ]
  }

  private let scripts = [
    "docker-openrc-1-r0": ["docker"], "vpn-openrc-1-r0": ["vpn"], "openrc-1-r0": ["hwclock"],
  ]

  private func unknown(_ check: SystemCheck) -> [String] { check.unknownServices.map(\.description) }

  @Test func `services come with packages that join, or with the overlay`() throws {
    let settings = try settings(["docker"], services: ["docker", "hwclock", "own", "cairn-first-commit"])
    let check = try SystemCheck(
      overlay(settings, files: try files("etc/init.d/own")), packages: atHand(), scripts: scripts)
    #expect(check.unsatisfied.isEmpty && check.conflicts.isEmpty)
    #expect(unknown(check) == [])
  }

  @Test func `a service without a script comes with a hint`() throws {
    let settings = try settings([], services: ["docker", "hwclok", "vpn", "nothing-like-it"])
    let check = try SystemCheck(overlay(settings), packages: atHand(), scripts: scripts)
    #expect(
      unknown(check) == [
        "docker in runlevel default: it comes with docker, which is not going to be installed; add that to packages",
        "hwclok in runlevel default: nothing on the card has a script of this name for etc/init.d; did you mean hwclock?",
        "vpn in runlevel default: it comes with vpn, which is not going to be installed; add that to packages",
        "nothing-like-it in runlevel default: nothing on the card has a script of this name for etc/init.d; "
          + "add the package that has one to packages",
      ])
  }

  @Test func `what starts anyway needs no script to be found`() throws {
    var settings = try settings([], services: ["crond", "sshd"])
    #expect(settings.servicesToFind(for: nil).map(\.name) == ["sshd"])
    settings.sshServer = .init()
    settings.removedServices = ["crond"]
    #expect(settings.servicesToFind(for: Self.release).isEmpty)
  }

  @Test func `alpine-base is wanted, whoever wrote the world`() throws {
    let own = overlay(try settings(["docker"]), files: try files("etc/apk/world", "musl\nnano  openrc\n"))
    let check = try SystemCheck(own, packages: packages("openrc-1-r0:", "musl-1-r0:"), scripts: [:])
    #expect(check.unsatisfied.map { $0.dependency.name } == ["alpine-base", "nano"])
    #expect(throws: AlpineError.self) {
      try SystemCheck(
        overlay(try settings([]), files: try files("etc/apk/world", "a>\n")), packages: [], scripts: [:])
    }
  }

  @Test func `a cache is for the repositories of the overlay`() throws {
    let tools = try packages("apk-tools-2.12.4-r0:")
    let options = overlay(try settings([])).cacheOptions(for: tools)
    let main = "http://dl-cdn.alpinelinux.org/alpine/v3.13/main"
    #expect(
      options == CacheOptions(architecture: .aarch64, repositories: [main], indexName: .repository))
    let lines = "/media/x/apks\n#http://a/b\n@own https://example.org/own\nhttp://a/c\n"
    let own = overlay(try settings([]), files: try files("etc/apk/repositories", lines))
    #expect(own.cacheOptions(for: []).repositories == ["https://example.org/own", "http://a/c"])
    #expect(own.cacheOptions(for: []).indexName == nil)
  }
}

@Suite struct PackageScriptsTests {
  @Test func `scripts are found in packages of a release, whatever their size`() throws {
    let package =
      try member([SampleFile(".PKGINFO", .text("pkgname = a\n"))], withEnd: false)
      + member([
        SampleFile("etc/conf.d/no", .text("")), SampleFile("etc/init.d/one", .text("#!")),
        SampleFile("etc/init.d/more/no", .text("")), SampleFile("etc/init.d/two", .bytes([1])),
      ])
    var scripts = PackageScripts()
    let entries: [(path: String, isWanted: Bool)] = [
      ("apks/aarch64/a-1-r0.apk", true), ("apks/aarch64/APKINDEX.tar.gz", false), ("boot/a-1-r0.apk", false),
    ]
    for (path, isWanted) in entries {
      let content = Entry.Content(size: UInt64(package.count))
      let entry = Entry(
        try EntryPath(path.utf8), .regular(content), mode: 0, modificationTime: Timestamp(seconds: 0))
      #expect(scripts.observe(entry) == isWanted)
      for byte in package { try scripts.take([byte].span.bytes) }
    }
    #expect(scripts.names == ["a-1-r0": ["one", "two"]])
  }

  @Test func `what is no package is said to be none`() {
    var scripts = PackageScripts()
    scripts.begin("a-1", path: "a-1.apk")
    #expect(throws: AlpineError.self) { try scripts.take(Array("no gzip, but a text".utf8).span.bytes) }
  }

  @Test(arguments: Architecture.allCases)
  func `the sample's services are found`(architecture: Architecture) throws {
    var recorder = Recorder()
    try SampleRelease(scale: .small, architecture: architecture).write(to: &recorder)
    var scripts = PackageScripts()
    for file in recorder.files where scripts.observe(file.entry) { try scripts.take(file.bytes.span.bytes) }
    let names = Set(scripts.names.values.joined())
    #expect(names.isSuperset(of: ["sshd", "chronyd", "crond", "modloop", "wpa_supplicant"]))
  }
}
