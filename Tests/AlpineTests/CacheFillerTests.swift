// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Archive
import Entries
import Foundation
import Testing

private let main = "http://dl-cdn.alpinelinux.org/alpine/v3.13/main"
private let community = "http://dl-cdn.alpinelinux.org/alpine/v3.13/community"
private let options = CacheOptions(
  architecture: .aarch64, repositories: [main, community], indexName: .repository)

@Suite struct CacheFillerTests {
  private func fill(
    _ files: [(path: String, bytes: [UInt8])], options: CacheOptions = options, pieceByteCount: Int = 4096
  ) throws -> (recorder: Recorder, packages: [Package], passedOver: [EntryPath]) {
    var filler = CacheFiller(try Replay(files, pieceByteCount: pieceByteCount), options: options)
    var recorder = Recorder()
    try recorder.add(contentsOf: &filler)
    return (recorder, filler.packages, filler.passedOver)
  }

  private func paths(_ recorder: Recorder) -> [String] { recorder.files.map { $0.entry.path.description } }

  private func package(_ name: String, _ more: String = "arch = aarch64\n", data: [UInt8] = [1]) throws
    -> [UInt8]
  {
    try packageFile("pkgname = \(name)\npkgver = 1.0-r0\n\(more)", name: name, data: data)
  }

  private func cacheName(_ bytes: [UInt8]) throws -> String {
    var scanner = PackageFileScanner(path: "")
    try scanner.take(bytes.span.bytes)
    return try scanner.finish().cacheName
  }

  @Test(arguments: [1, 100, 1 << 20]) func `packages get apk's names, and their bytes stay`(
    pieceByteCount: Int
  ) throws {
    let nano = try package("nano", data: [UInt8](repeating: 7, count: 3000))
    let docker = try package("docker")
    let filled = try fill(
      [("./", []), ("x/", []), ("x/nano-1.0-r0.apk", nano), ("y/z/any.apk", docker)],
      pieceByteCount: pieceByteCount)
    let names = try ["cache/\(cacheName(nano))", "cache/\(cacheName(docker))", "cache/installed"]
    #expect(paths(filled.recorder) == names)
    #expect(filled.recorder.files[0].bytes == nano)
    #expect(filled.recorder.files[1].bytes == docker)
    #expect(filled.packages.map(\.name) == ["nano", "docker"])
    for file in filled.recorder.files {
      #expect(file.entry.kind == .regular(Entry.Content(size: UInt64(file.bytes.count))))
      #expect(file.entry.owner == .root)
      #expect(file.entry.mode == 0o644)
      #expect(file.entry.modificationTime == Timestamp(seconds: 1_617_180_720))
    }
  }

  @Test func `the last entry is an index of all packages`() throws {
    let nano = try package("nano", "depend = so:libc.so\nlicense = GPL\n")
    let docker = try package("docker")
    let text = try #require(
      try fill([("nano.apk", nano), ("docker.apk", docker)]).recorder.text(EntryPath("cache/installed")))
    var parser = PackageIndexParser(path: "installed")
    try parser.take(Array(text.utf8).span.bytes)
    let packages = try parser.finish()
    #expect(packages.map(\.fullName) == ["nano-1.0-r0", "docker-1.0-r0"])
    #expect(text.contains("\nS:\(nano.count)\nI:0\nT:\nU:\nL:GPL\nD:so:libc.so\n\n"))
    #expect(text.hasSuffix("\nS:\(docker.count)\nI:0\nT:\nU:\nL:\n\n"))
  }

  @Test func `a cache's own names stay and are checked`() throws {
    let nano = try package("nano")
    let name = try cacheName(nano)
    #expect(
      try fill([(name, nano)]).recorder.files[0].entry.path
        == EntryPath("cache").appending(try EntryPath(name.utf8)))
    let foreign = try failure([("old/nano-1.0-r0.00000000.apk", nano)])
    let expected = AlpineError.package(path: "old/nano-1.0-r0.00000000.apk", .foreignName(expected: name))
    #expect(foreign == expected)
    // No digits of a digest: a file's own name.
    #expect(try fill([("nano-1.0-r0.12345.apk", nano)]).packages.count == 1)
  }

  @Test func `a package that comes twice is given once`() throws {
    let nano = try package("nano")
    let filled = try fill([("a/nano.apk", nano), ("b/nano.apk", nano)])
    #expect(filled.recorder.files.count == 2)
    #expect(filled.packages.count == 1)
  }

  @Test func `indexes get the name that their repository gives`() throws {
    let bytes: [UInt8] = [1, 2]
    let filled = try fill([
      ("main/aarch64/APKINDEX.tar.gz", bytes), ("v3.13/community/aarch64/APKINDEX.tar.gz", bytes),
      ("APKINDEX.0123abcd.tar.gz", bytes), ("APKINDEX.tar.gz", bytes),
      ("testing/aarch64/APKINDEX.tar.gz", bytes),
      ("APKINDEX.0123ABCD.tar.gz", bytes), ("installed", bytes), ("README", bytes),
    ])
    #expect(
      paths(filled.recorder) == [
        "cache/APKINDEX.c62e856a.tar.gz",
        "cache/\(CacheIndexName.repository.fileName(repository: community, architecture: .aarch64))",
        "cache/APKINDEX.0123abcd.tar.gz",
      ])
    #expect(filled.recorder.files.allSatisfy { $0.bytes == bytes })
    #expect(
      filled.passedOver.map(\.description) == [
        "APKINDEX.tar.gz", "testing/aarch64/APKINDEX.tar.gz", "APKINDEX.0123ABCD.tar.gz", "README",
      ])
  }

  @Test func `the only repository is the one that is meant`() throws {
    let one = CacheOptions(architecture: .aarch64, repositories: [main], indexName: .indexSHA256)
    #expect(
      paths(try fill([("APKINDEX.tar.gz", [1])], options: one).recorder) == ["cache/APKINDEX.b6626541.tar.gz"]
    )
    #expect(try fill([("APKINDEX.tar.gz", [1])], options: CacheOptions()).recorder.files.isEmpty)
  }

  @Test func `nothing makes nothing`() throws {
    #expect(try fill([]).recorder.files.isEmpty)
    #expect(try fill([("README", [1])]).recorder.files.isEmpty)
  }

  @Test func `what a cache can't use is refused, with its path`() throws {
    let nano = try package("nano")
    #expect(try failure([("a.apk", Array("text".utf8))]) == .package(path: "a.apk", .notGzip))
    #expect(try failure([("a.apk", [])]) == .package(path: "a.apk", .truncated))
    #expect(
      try failure([("a.apk", try package("nano", "arch = x86_64\n"))])
        == .package(path: "a.apk", .architecture("x86_64", expected: .aarch64)))
    let shorter: [UInt8] = Array(nano[..<(nano.count - 1)])
    let longer: [UInt8] = nano + [0]
    var other: [UInt8] = nano
    other[nano.count - 1] ^= 1
    for bytes in [shorter, longer, other] {
      #expect(try failure([("a.apk", bytes)]) == .package(path: "a.apk", .damagedData))
    }
    #expect(try failure([("a.apk", try package("nano", "arch = noarch\n"))]) == nil)
  }

  @Test func `links are refused, second names passed over`() throws {
    func link(_ kind: Entry.Kind) -> (entry: Entry, bytes: [UInt8]) {
      (Entry(EntryPath("a.apk"), kind, mode: 0o644, modificationTime: Timestamp(seconds: 0)), [])
    }
    for kind in [
      Entry.Kind.symbolicLink(target: Array("b.apk".utf8)), .fifo, .hardLink(to: EntryPath("b")),
      .regular(Entry.Content(size: 9, dataRanges: [0..<1])),
    ] {
      #expect(failure(of: Replay([link(kind)])) == .package(path: "a.apk", .notAFile))
    }
    #expect(failure(of: Replay([link(.hardLink(to: EntryPath("b.apk")))])) == nil)
  }

  private func failure(_ files: [(path: String, bytes: [UInt8])]) throws -> AlpineError? {
    try failure(of: Replay(files))
  }

  /// What reading entry after entry, and no bytes, fails with.
  private func failure(of replay: Replay) -> AlpineError? {
    var filler = CacheFiller(replay, options: options)
    do throws(CacheFailure) {
      while try filler.next() != nil {}
      return nil
    } catch {
      switch error {
      case .cache(let error): return error
      case .reading: return nil
      }
    }
  }
}

private typealias CacheFailure = CacheError<Replay.Failure>

@Suite(
  .enabled(if: GenuineReleaseTests.path != nil, "set CAIRN_TEST_RELEASE to Alpine 3.13.4's aarch64 tarball"))
struct GenuinePackageTests {
  private func entries() throws -> [(entry: Entry, bytes: [UInt8])] {
    var reader = try ArchiveReader(path: try #require(GenuineReleaseTests.path))
    var recorder = Recorder()
    while let entry = try reader.next() {
      guard entry.path.isEqualOrBelow(EntryPath("apks")) else { continue }
      recorder.add(entry)
      try recorder.addBytes(from: &reader)
    }
    return recorder.files
  }

  private func packages(_ entries: [(entry: Entry, bytes: [UInt8])]) throws -> [Package] {
    var packages = ReleasePackages()
    for file in entries where packages.observe(file.entry) { packages.observe(bytes: file.bytes.span.bytes) }
    return try packages.packages(for: .aarch64)
  }

  @Test func `its index and its packages say the same, down to apk's identity`() throws {
    let entries = try entries()
    let index = Dictionary(uniqueKeysWithValues: try packages(entries).map { ($0.fullName, $0) })
    #expect(index.count == 65)
    var filler = CacheFiller(Replay(entries), options: CacheOptions(architecture: .aarch64))
    var recorder = Recorder()
    try recorder.add(contentsOf: &filler)
    #expect(filler.packages.count == 65)
    for var package in filler.packages {
      // The index of a release says the release's architecture of all.
      #expect(["aarch64", "noarch"].contains(package.architecture))
      package.architecture = "aarch64"
      #expect(package == index[package.fullName])
    }
    // By hand: Q1ICWiXI2cIPflYNKpa18/k5JCFTY= in base64 begins with the bytes 20 25 a2 5c.
    #expect(recorder[EntryPath("cache/network-extras-1.2-r0.2025a25c.apk")] != nil)
    #expect(CacheIndexName(release: filler.packages) == .repository)
  }

  @Test func `it satisfies the default world, and not docker's`() throws {
    let set = PackageSet(try packages(try entries()), architecture: .aarch64)
    let installation = set.installation(of: try Overlay.defaultWorld.map { try Dependency($0) })
    try installation.check()
    #expect(installation.conflicts.isEmpty)
    #expect(installation.packages.count > 20)
    let docker = set.installation(of: [try Dependency("docker"), try Dependency("busybox>=1.33")])
    #expect(
      docker.unsatisfied.map(\.description)
        == ["docker: nothing provides it", "busybox>=1.33: there is busybox-1.32.1-r5"])
  }

  @Test func `each of its packages can be installed but for what conflicts`() throws {
    let packages = try packages(try entries())
    let set = PackageSet(packages, architecture: .aarch64)
    let installation = set.installation(of: try packages.map { try Dependency("\($0.name)=\($0.version)") })
    try installation.check()
    #expect(installation.packages.count == packages.count)
  }
}
