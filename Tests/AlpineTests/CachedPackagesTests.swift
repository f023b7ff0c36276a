// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Entries
import Testing

@Suite struct CachedPackagesTests {
  private func observed(_ files: [(path: String, bytes: [UInt8])], wantsScripts: Bool = true) throws
    -> CachedPackages
  {
    var packages = CachedPackages(wantsScripts: wantsScripts)
    var reader = try Replay(files, pieceByteCount: 100)
    while let entry = try reader.next() {
      guard packages.observe(entry) else { continue }
      while case let bytes = try reader.nextBytes(), !bytes.isEmpty { packages.observe(bytes: bytes) }
    }
    return packages
  }

  private func package() throws -> [UInt8] {
    let control = try member(
      [SampleFile(".PKGINFO", .text("pkgname = vpn\npkgver = 1.2-r0\n"))], withEnd: false)
    return try control + member([SampleFile("etc/init.d/vpn", .text("#!"))])
  }

  @Test func `packages that the data brings count where an index does`() throws {
    let name = "cache/vpn-1.2-r0.01234567.apk"
    let files = [("cache/", []), (name, try package()), ("cache/more/x.01234567.apk", try package())]
    #expect(try observed(files).packages.isEmpty)
    for index in ["cache/installed", "cache/APKINDEX.01234567.tar.gz"] {
      let packages = try observed(files + [(index, [])])
      #expect(packages.packages.map(\.fullName) == ["vpn-1.2-r0"])
      #expect(packages.scripts?.names == ["vpn-1.2-r0": ["vpn"]])
    }
  }

  @Test func `what is no package is passed over`() throws {
    let files = [
      ("cache/installed", []), ("cache/a-1.01234567.apk", Array("no package, but a text".utf8)),
      ("cache/b-1.01234567.apk", []), ("other/vpn-1.2-r0.01234567.apk", try package()),
    ]
    #expect(try observed(files).packages.isEmpty)
    #expect(try observed(files, wantsScripts: false).scripts?.names == nil)
  }
}
