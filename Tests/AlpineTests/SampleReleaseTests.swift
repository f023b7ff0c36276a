// SPDX-License-Identifier: Apache-2.0
import Alpine
import Archive
import Entries
import Foundation
import TestSupport
import Testing

private func recorded(_ sample: SampleRelease) throws -> Recorder {
  var recorder = Recorder()
  try sample.write(to: &recorder)
  return recorder
}

/// Takes note of paths and sizes, and hashes what there is, but not what zlib has deflated: its versions differ.
private struct Summary: EntryWriter, ~Copyable {
  private(set) var paths: [String] = []
  private(set) var byteCount: UInt64 = 0
  private var digest = DigestStream(.sha256)

  mutating func add(_ entry: Entry) throws(Never) {
    paths.append("\(entry.path)")
    guard !isDeflated else { return }
    let line = Array("\(entry.path) \(entry.kind) \(entry.mode)\n".utf8)
    digest.update(line.span.bytes)
  }

  mutating func append(_ bytes: RawSpan) throws(Never) {
    byteCount += UInt64(bytes.byteCount)
    if !isDeflated { digest.update(bytes) }
  }

  private var isDeflated: Bool { paths.last?.hasPrefix("apks/") == true }

  mutating func finish() throws(Never) {}
  consuming func sha256() -> String { digest.finish().hexadecimal }
}

@Suite struct SampleReleaseTests {
  @Test(arguments: Architecture.allCases)
  func `it is recognised as what it is`(architecture: Architecture) throws {
    var recognizer = ReleaseRecognizer()
    recognizer.observe(try recorded(SampleRelease(scale: .small, architecture: architecture)).files)
    let release = try recognizer.recognize()
    #expect(release.name == "Alpine Linux (sample)")
    #expect(release.version == "3.19.0")
    #expect(release.architecture == architecture)
    #expect(release.packageCount == 47)
    #expect(!release.models.isEmpty)
  }

  @Test func `it says plainly that it does not boot`() throws {
    let text = try recorded(SampleRelease(scale: .small)).text(EntryPath("SAMPLE-DOES-NOT-BOOT.txt"))
    #expect(text?.contains("A card that is made of it does not boot.") == true)
  }

  @Test func `directories come before what is in them, once each, and every path once`() throws {
    var seen: Set<EntryPath> = []
    for file in try recorded(SampleRelease(scale: .small)).files {
      #expect(seen.insert(file.entry.path).inserted, "\(file.entry.path)")
      #expect(file.entry.path.isRoot || seen.contains(file.entry.path.parent), "\(file.entry.path)")
    }
  }

  @Test func `it has what a release has`() throws {
    let recorder = try recorded(SampleRelease(scale: .small))
    let paths = recorder.files.map { "\($0.entry.path)" }
    for path in [
      ".alpine-release", "apks/.boot_repository", "apks/aarch64/APKINDEX.tar.gz", "bootcode.bin",
      "start4.elf",
      "fixup4.dat", "bcm2711-rpi-4-b.dtb", "bcm2712-rpi-5-b.dtb", "boot/vmlinuz-rpi", "boot/initramfs-rpi",
      "boot/modloop-rpi", "overlays/README", "overlays/w1-gpio.dtbo", "cmdline.txt", "config.txt",
    ] {
      #expect(paths.contains(path), "\(path)")
    }
    #expect((290...310).contains(paths.filter { $0.hasSuffix(".dtbo") }.count))
    #expect(recorder.files.allSatisfy { $0.entry.modificationTime == Timestamp(seconds: 1_704_067_200) })
    #expect(recorder.files.allSatisfy { $0.entry.owner == .root })
  }

  @Test func `content is as long as its entry says, and differs from file to file`() throws {
    var digests: Set<[UInt8]> = []
    let files = try recorded(SampleRelease(scale: .small)).files
    for file in files {
      guard case .regular(let content) = file.entry.kind else { continue }
      #expect(content.size == UInt64(file.bytes.count), "\(file.entry.path)")
      digests.insert(Digest.sha256(file.bytes))
    }
    #expect(digests.count == files.filter { if case .regular = $0.entry.kind { true } else { false } }.count)
  }

  @Test func `it is the same every time`() throws {
    let first = try recorded(SampleRelease(scale: .small)).files
    let second = try recorded(SampleRelease(scale: .small)).files
    #expect(first.map(\.entry) == second.map(\.entry))
    #expect(first.map(\.bytes) == second.map(\.bytes))
  }

  @Test func `small, it is the same everywhere and a few MB`() throws {
    var summary = Summary()
    try SampleRelease(scale: .small).write(to: &summary)
    #expect((3_000_000...5_000_000).contains(summary.byteCount))
    let sha256 = summary.sha256()
    #expect(sha256 == "f3f1c43c26513e2d0cf41c27e2386650396a27969da008ab4c8add46df6aa306")
  }

  @Test(.enabled(if: ProcessInfo.processInfo.environment["CAIRN_LONG_TESTS"] != nil, "set CAIRN_LONG_TESTS"))
  func `at full scale it has the same names and a real one's size`() throws {
    var small = Summary()
    try SampleRelease(scale: .small).write(to: &small)
    var full = Summary()
    try SampleRelease(scale: .full).write(to: &full)
    #expect(full.paths == small.paths)
    #expect((140_000_000...150_000_000).contains(full.byteCount))
  }
}

@Suite struct SamplePackageTests {
  @Test(arguments: Architecture.allCases)
  func `index and packages agree`(architecture: Architecture) throws {
    let repository = try Repository(SampleRelease(scale: .small, architecture: architecture))
    #expect(repository.index.count == repository.files.count)
    for package in repository.index {
      let file = try #require(repository.files["\(package["P"] ?? "")-\(package["V"] ?? "").apk"])
      #expect(package["S"] == "\(file.count)")
      #expect(package["A"] == architecture.rawValue)
      let members = try gzipMembers(of: file)
      #expect(members.count == 2)
      #expect(package["C"] == "Q1" + Data(Digest.sha1(members[0])).base64EncodedString())
      let information = try packageInformation(in: members[0])
      #expect(information["pkgname"] == [package["P"] ?? ""])
      #expect(information["pkgver"] == [package["V"] ?? ""])
      #expect(information["datahash"] == [Digest.sha256(members[1]).hexadecimal])
      #expect((information["depend"] ?? []).joined(separator: " ") == package["D"] ?? "")
      #expect((information["provides"] ?? []).joined(separator: " ") == package["p"] ?? "")
    }
  }

  @Test(arguments: Architecture.allCases)
  func `the default world and its services are satisfied by what it brings`(architecture: Architecture) throws
  {
    let repository = try Repository(SampleRelease(scale: .small, architecture: architecture))
    let installed = try repository.installed(for: Overlay.defaultWorld)
    let scripts = Set(
      try installed.flatMap { package in
        try tarNames(in: try gzipMembers(of: try #require(repository.files["\(package).apk"]))[1])
      })
    let overlay = Overlay(
      hostname: try Hostname("pi"), dataPartitionUUID: "",
      release: Release(version: "3.19.0", architecture: architecture, models: [], packageCount: 0),
      time: Timestamp(seconds: 0))
    // But for the one that the overlay brings itself.
    for service in overlay.services where service.name != "cairn-first-commit" {
      #expect(scripts.contains("etc/init.d/\(service.name)"), "\(service.name)")
    }
  }

  @Test func `every package's needs are met within the release`() throws {
    let repository = try Repository(SampleRelease(scale: .small))
    #expect(
      try repository.installed(for: repository.index.compactMap { $0["P"] }).count == repository.index.count)
  }

  @Test(.enabled(if: ForeignTool("tar").isInstalled && ForeignTool("gzip").isInstalled))
  func `gzip and GNU tar read a package as one archive`() throws {
    let file = try #require(try Repository(SampleRelease(scale: .small)).files["chrony-openrc-4.5-r0.apk"])
    let directory = try TemporaryDirectory()
    let path = directory.path("chrony-openrc.apk.gz")
    try Data(file).write(to: URL(fileURLWithPath: path))
    #expect(try ForeignTool("gzip").run("-t", path).status == 0)
    let listing = try ForeignTool("tar").run("-tzf", path)
    #expect(listing.status == 0)
    #expect(
      listing.text == """
        .PKGINFO
        etc/
        etc/init.d/
        etc/init.d/chronyd
        usr/
        usr/share/
        usr/share/cairn-sample/
        usr/share/cairn-sample/chrony-openrc

        """)
  }
}

/// apks/ of a release, read back by means of the test's own.
private struct Repository {
  /// Package files by name.
  private(set) var files: [String: [UInt8]] = [:]
  /// Paragraphs of the index, fields by their letters.
  private(set) var index: [[String: String]] = []

  init(_ sample: SampleRelease) throws {
    for file in try recorded(sample).files {
      let name = String(decoding: file.entry.path.name, as: UTF8.self)
      if name.hasSuffix(".apk") { files[name] = file.bytes }
      if name == "APKINDEX.tar.gz" { index = try Self.paragraphs(in: file.bytes) }
    }
  }

  private static func paragraphs(in archive: [UInt8]) throws -> [[String: String]] {
    let text = try tarContent(of: "APKINDEX", in: archive)
    return text.split(separator: "\n\n").map { paragraph in
      Dictionary(
        uniqueKeysWithValues: paragraph.split(separator: "\n").map {
          (String($0.prefix(1)), String($0.dropFirst(2)))
        })
    }
  }

  /// Names with versions of all that apk would install: what is needed, then what joins unasked.
  func installed(for world: [String]) throws -> Set<String> {
    var installed: Set<String> = []
    var wanted = world
    while let name = wanted.popLast() {
      let package = try #require(provider(of: name), "nobody provides \(name)")
      guard installed.insert(Self.fullName(package)).inserted else { continue }
      wanted += words(package["D"])
      wanted += index.filter { isCalled($0, by: installed) }.compactMap { $0["P"] }
    }
    return installed
  }

  private func isCalled(_ package: [String: String], by installed: Set<String>) -> Bool {
    let conditions = words(package["i"])
    return !conditions.isEmpty
      && conditions.allSatisfy { condition in
        provider(of: condition).map { installed.contains(Self.fullName($0)) } ?? false
      }
  }

  private func provider(of dependency: String) -> [String: String]? {
    let parts = dependency.split(whereSeparator: { "<>=~".contains($0) }).map(String.init)
    return index.first { package in
      let provides = words(package["p"]).map { $0.split(separator: "=").map(String.init) }
      let offers = [[package["P"] ?? "", package["V"] ?? ""]] + provides
      return offers.contains { offer in
        offer[0] == parts[0]
          && (!dependency.contains("=") || dependency.contains(">") || offer.last == parts.last)
      }
    }
  }

  private static func fullName(_ package: [String: String]) -> String {
    "\(package["P"] ?? "")-\(package["V"] ?? "")"
  }

  private func words(_ text: String?) -> [String] { (text ?? "").split(separator: " ").map(String.init) }
}

/// The gzip streams that a file is made of: each begins with the magic of deflate without flags.
private func gzipMembers(of bytes: [UInt8]) throws -> [[UInt8]] {
  let magic: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0]
  let starts = bytes.indices.dropLast(7).filter {
    bytes[$0] == 0x1F && bytes[$0..<$0 + 8].elementsEqual(magic)
  }
  return zip(starts, starts.dropFirst() + [bytes.count]).map { Array(bytes[$0..<$1]) }
}

private func inflated(_ member: [UInt8]) throws -> [UInt8] {
  Array(try ForeignTool("gzip").run("-dc", input: Data(member)).output)
}

/// Headers of a ustar, name and content of each.
private func tarFiles(in archive: [UInt8]) throws -> [(name: String, bytes: ArraySlice<UInt8>)] {
  let tar = try inflated(archive)
  var files: [(String, ArraySlice<UInt8>)] = []
  var offset = 0
  while offset + 512 <= tar.count, tar[offset] != 0 {
    let name = String(decoding: tar[offset..<offset + 100].prefix { $0 != 0 }, as: UTF8.self)
    let digits = String(decoding: tar[offset + 124..<offset + 135], as: UTF8.self)
    let size = try #require(Int(digits, radix: 8))
    files.append((name, tar[offset + 512..<offset + 512 + size]))
    offset += 512 + (size + 511) / 512 * 512
  }
  return files
}

private func tarNames(in archive: [UInt8]) throws -> [String] { try tarFiles(in: archive).map(\.name) }

private func tarContent(of name: String, in archive: [UInt8]) throws -> String {
  String(decoding: try #require(try tarFiles(in: archive).first { $0.name == name }).bytes, as: UTF8.self)
}

private func packageInformation(in control: [UInt8]) throws -> [String: [String]] {
  let lines = try tarContent(of: ".PKGINFO", in: control).split(separator: "\n")
  return Dictionary(
    grouping: lines.map { $0.split(separator: " = ", maxSplits: 1).map(String.init) }, by: { $0[0] }
  ).mapValues { $0.map { $0[1] } }
}
