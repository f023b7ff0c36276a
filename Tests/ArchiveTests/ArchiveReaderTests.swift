// SPDX-License-Identifier: Apache-2.0
import Archive
import Entries
import Foundation
import TestSupport
import Testing

@Suite struct ArchiveReaderTests {
  private static let release = ProcessInfo.processInfo.environment["CAIRN_TEST_RELEASE"]

  @Test(.enabled(if: release != nil)) func `a release is read as GNU tar lists it`() throws {
    let path = try #require(Self.release)
    var reader = try ArchiveReader(path: path)
    var lines: [String] = []
    let start = ContinuousClock.now
    while let entry = try reader.next() {
      var size = 0
      while true {
        let count = try reader.nextBytes().byteCount
        if count == 0 { break }
        size += count
      }
      lines.append("\(entry.path) \(size)")
    }
    print("read in \(ContinuousClock.now - start)", lines.count)
    #expect(reader.progress.consumedByteCount == reader.progress.totalByteCount)
  }
}
