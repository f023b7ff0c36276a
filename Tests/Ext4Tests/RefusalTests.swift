// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Testing

/// Entries that ext4 can't hold, and sources that contradict themselves.
@Suite struct RefusalTests {
  private func fill(_ samples: [Sample]) -> Ext4Error? {
    let target = NullTarget(size: 16 << 20)
    do throws(Ext4Error) {
      try SampleVolume.fill(target, SampleVolume.format(size: target.size), samples)
      return nil
    } catch { return error }
  }

  private static func attribute(_ name: String, _ value: [UInt8]) -> Sample {
    var sample = Sample.file("a", [])
    sample.entry.extendedAttributes = [.init(name: Array(name.utf8), value: value)]
    return sample
  }

  private static func sparse(_ size: UInt64, _ ranges: [Range<UInt64>]) -> Sample {
    var sample = Sample.file("a", ranges.flatMap { Array(repeating: 1, count: $0.count) })
    sample.entry.kind = .regular(.init(size: size, dataRanges: ranges))
    return sample
  }

  private static let longName = String(repeating: "n", count: 256)

  @Test(
    arguments: [
      ([.file("a", []), .file("a", [])], .duplicatePath),
      ([.file("a/b", []), .file("a", [])], .duplicatePath),
      ([.file("a", []), .other("a", .directory)], .duplicatePath),
      ([.file("b", []), .file("a", []), .other("a", .hardLink(to: Sample.path("b")))], .duplicatePath),
      ([.file(longName, [])], .nameTooLong(byteCount: 256)),
      ([.file(longName + "/b", [])], .nameTooLong(byteCount: 256)),
      ([.file("a", []), .file("a/b", [])], .parentIsNoDirectory),
      ([.file("a", []), .file("a/b/c", [])], .parentIsNoDirectory),
      ([.file("", [])], .rootIsNoDirectory),
      ([sparse(17_592_186_040_321, [])], .fileTooLarge(size: 17_592_186_040_321)),
      ([sparse(10, [0..<11])], .malformedDataRanges),
      ([sparse(10, [5..<6, 5..<7])], .malformedDataRanges),
      ([sparse(10, [5..<6, 0..<1])], .malformedDataRanges),
      (
        [.other("a", .regular(.init(size: 10, dataRanges: [0..<1 << 63, 0..<1 << 63])))],
        .malformedDataRanges
      ),
      (
        [.file("a", [], time: Timestamp(seconds: -2_147_483_649))],
        .timeOutOfRange(Timestamp(seconds: -2_147_483_649))
      ),
      (
        [.file("a", [], time: Timestamp(seconds: 15_032_385_536))],
        .timeOutOfRange(Timestamp(seconds: 15_032_385_536))
      ),
      (
        [.file("a", [], time: Timestamp(seconds: 0, nanoseconds: 1_000_000_000))],
        .timeOutOfRange(Timestamp(seconds: 0, nanoseconds: 1_000_000_000))
      ),
      ([.other("a", .symbolicLink(target: []))], .badLinkTarget(byteCount: 0)),
      (
        [.other("a", .symbolicLink(target: Array(repeating: 1, count: 4096)))],
        .badLinkTarget(byteCount: 4096)
      ),
      ([.other("a", .symbolicLink(target: [1, 0]))], .badLinkTarget(byteCount: 2)),
      ([.other("a", .hardLink(to: Sample.path("b")))], .missingLinkTarget(Sample.path("b"))),
      ([.other("a", .hardLink(to: Sample.path("a")))], .missingLinkTarget(Sample.path("a"))),
      (
        [.other("b", .directory), .other("a", .hardLink(to: Sample.path("b")))],
        .linkToDirectory(Sample.path("b"))
      ),
      ([.other("a", .hardLink(to: .root))], .linkToDirectory(.root)),
      ([.other("a", .blockDevice(major: 4096, minor: 0))], .deviceNumberTooLarge(major: 4096, minor: 0)),
      (
        [.other("a", .characterDevice(major: 0, minor: 1 << 20))],
        .deviceNumberTooLarge(major: 0, minor: 1 << 20)
      ),
      ([attribute("user.", [1])], .badAttributeName(Array("user.".utf8))),
      ([attribute("system.other", [1])], .badAttributeName(Array("system.other".utf8))),
      ([attribute("user.a\0b", [1])], .badAttributeName(Array("user.a\0b".utf8))),
      ([attribute("user.a", Array(repeating: 1, count: 4060))], .attributesTooLarge),
      (
        [attribute("system.posix_acl_access", [2, 0, 0, 0, 1])],
        .malformedAccessControlList(Array("system.posix_acl_access".utf8))
      ),
    ] as [([Sample], Problem.Reason)])
  func `what ext4 can't hold is refused by name`(samples: [Sample], reason: Problem.Reason) throws {
    let path = try #require(samples.last?.entry.path)
    #expect(fill(samples) == .unrepresentable([Problem(path: path, reason: reason)]))
  }

  @Test func `all that ext4 can't hold is listed in one go`() throws {
    let samples: [Sample] = [
      .file("fine", [1]), .file("fine", [2]), .file("also fine", Array(repeating: 3, count: 100_000)),
      .other("a", .symbolicLink(target: [])), .other("b", .hardLink(to: Sample.path("fine"))),
      .file("fine/c", [4]),
    ]
    let error = try #require(fill(samples))
    #expect(
      error
        == .unrepresentable([
          Problem(path: Sample.path("fine"), reason: .duplicatePath),
          Problem(path: Sample.path("a"), reason: .badLinkTarget(byteCount: 0)),
          Problem(path: Sample.path("fine/c"), reason: .parentIsNoDirectory),
        ]))
    #expect(!"\(error)".contains("\n"))
  }

  @Test(.enabled(if: Sample.isLong, "CAIRN_LONG_TESTS is not set"))
  func `a file has at most 65000 names`() throws {
    let links = (1..<65000).map { Sample.other("\($0)", .hardLink(to: Sample.path("a"))) }
    #expect(fill([.file("a", [])] + links) == nil)
    #expect(
      fill([.file("a", [])] + links + [.other("b", .hardLink(to: Sample.path("a")))])
        == .unrepresentable([Problem(path: Sample.path("b"), reason: .tooManyLinks(Sample.path("a")))]))
  }

  @Test(arguments: [2, 4] as [UInt64])
  func `bytes that are too many or too few are an error`(announced: UInt64) throws {
    var sample = Sample.file("a", [1, 2, 3])
    sample.entry.kind = .regular(.init(size: announced))
    let error = Ext4Error.wrongContentSize(path: Sample.path("a"), announced: announced, received: 3)
    #expect(fill([sample]) == error)
    #expect(fill([sample, .file("b", [])]) == error)
  }

  @Test func `an error is one line`() throws {
    #expect(
      Ext4Error.contentTooLarge(neededSize: 20, size: 10).description
        == "ext4 volume of 10 bytes: too small for its content; give it at least 20")
    #expect(
      Problem(path: Sample.path("a\nb"), reason: .duplicatePath).description
        == "a\\x0ab: an earlier entry has the same path; leave one of them out")
  }
}
