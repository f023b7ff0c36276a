// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct VolumeWriterRefusalTests {
  /// What `finish()` throws after these entries, whose files are empty or have zeros in them.
  private func error(_ entries: [Entry], on volume: SampleVolume? = nil) throws -> FAT32Error? {
    let volume = try volume ?? SampleVolume()
    var writer = try volume.writer()
    for entry in entries {
      try writer.add(entry)
      if case .regular(let content) = entry.kind { try writer.append(zeros: Int(content.storedByteCount)) }
    }
    do {
      try writer.finish()
      return nil
    } catch {
      return error
    }
  }

  private func problems(_ entries: [Entry]) throws -> [Problem] {
    guard case .unrepresentable(let problems) = try error(entries) else { return [] }
    return problems
  }

  private func path(_ text: String) throws -> EntryPath { try EntryPath(sample: text) }

  @Test func `everything that FAT can't hold is listed at once`() throws {
    func entry(_ path: String, _ kind: Entry.Kind) throws -> Entry {
      Entry(try self.path(path), kind, mode: 0o644, modificationTime: sampleTime)
    }
    let found = try problems([
      .file("what?.txt", size: 3),
      entry("link", .symbolicLink(target: [0x61])),
      entry("hard", .hardLink(to: path("link"))),
      entry("tty", .characterDevice(major: 4, minor: 0)),
      entry("sda", .blockDevice(major: 8, minor: 0)),
      entry("pipe", .fifo),
      entry("socket", .socket),
      .file("", size: 2),
      .file("bad./a", size: 1),
      .file("bad./b", size: 1),
      .file("NUL", size: 1),
      .file("aux/a", size: 1),
      .file("fine", size: 10),
    ])
    #expect(
      try found == [
        .name(path("what?.txt"), .illegalCharacter("?")),
        .kind(path("link"), .symbolicLink),
        .kind(path("hard"), .hardLink),
        .kind(path("tty"), .characterDevice),
        .kind(path("sda"), .blockDevice),
        .kind(path("pipe"), .fifo),
        .kind(path("socket"), .socket),
        .kind(.root, .fileAsRoot),
        .name(path("bad."), .endsWith(".")),
        .name(path("NUL"), .deviceName(#require(DeviceName(of: Array("NUL".utf8)[...])))),
        .name(path("aux"), .deviceName(#require(DeviceName(of: Array("AUX".utf8)[...])))),
      ])
    #expect(
      found[9].description
        == "NUL: the name is that of a device (NUL) to Windows, which can't open the file; rename it")
  }

  @Test func `names that differ in case only are told in pairs`() throws {
    let found = try problems([
      .file("boot/a.txt", size: 0), .file("boot/b", size: 0), .file("boot/A.TXT", size: 0),
      .file("Boot/c", size: 0),
      .directory("boot"), .file("ÄRGER", size: 0), .file("ärger", size: 0),
    ])
    #expect(
      try found == [
        .sameNameButForCase(path: path("Boot"), other: path("boot")),
        .sameNameButForCase(path: path("ärger"), other: path("ÄRGER")),
        .sameNameButForCase(path: path("boot/A.TXT"), other: path("boot/a.txt")),
      ])
    #expect(
      found[2].description
        == "boot/A.TXT: same name as boot/a.txt but for case, which FAT can't hold; rename or exclude one of them"
    )
  }

  @Test func `paths that come twice are told, but for directories`() throws {
    let found = try problems([
      .directory("dir"), .file("file", size: 1), .file("file", size: 2), .directory("dir"),
      .file("file/below", size: 0),
      .directory(""), .directory(""),
    ])
    #expect(
      try found == [
        .repeatedPath(path("file")), .repeatedPath(path("file")),
      ])
  }

  @Test func `a path that no program could open is refused`() throws {
    let long = String(repeating: "a/", count: 2047) + "b"
    #expect(try problems([.file(long, size: 1)]) == [])
    let path = try path("c/" + long)
    let found = try problems([.file("c/" + long, size: 1)])
    #expect(found == [.pathTooLong(path)])
    #expect(found[0].description.utf8.count < 200)
  }

  @Test func `a file of 4 GiB is refused, one byte less is not`() throws {
    let size: UInt64 = 1 << 32
    let geometry = try Geometry(volumeSize: 6 << 30, hiddenSectorCount: 0)
    for (size, problems) in [
      (size - 1, []), (size, [.fileTooLarge(try path("large"), size: size)]),
      (.max, [.fileTooLarge(try path("large"), size: .max)]),
    ] as [(UInt64, [Problem])] {
      var writer = try VolumeWriter(sample: NullTarget(size: geometry.volumeSize), geometry)
      let content = Entry.Content(size: size, dataRanges: [])
      try writer.add(Entry(path("large"), .regular(content), mode: 0o644, modificationTime: sampleTime))
      if problems.isEmpty {
        try writer.finish()
      } else {
        do {
          try writer.finish()
          Issue.record("finished")
        } catch {
          #expect(error == .unrepresentable(problems))
        }
      }
    }
  }

  @Test func `a directory has at most 65,536 entries`() throws {
    // Ten short names of one entry, the others of two: 2 + 10 + 2 · 32,762 are 65,536.
    var entries = try (0..<10).map { try Entry.file("dir/F\($0)", size: 0) }
    entries += try (0..<32_762).map { try Entry.file("dir/f\($0)", size: 0) }
    entries += [try .file("other", size: 0)]
    #expect(try error(entries, on: SampleVolume(size: 48 << 20)) == .unrepresentable(caseConflicts()))
    entries = try (0..<10).map { try Entry.file("dir/G\($0)", size: 0) } + entries.dropFirst(10)
    #expect(try error(entries, on: SampleVolume(size: 48 << 20)) == nil)
    entries.append(try .file("dir/ONE", size: 0))
    #expect(
      try error(entries, on: SampleVolume(size: 48 << 20))
        == .unrepresentable([.directoryTooLarge(path("dir"), entryCount: 65_537)]))
  }

  /// "f0" to "f9" after "F0" to "F9".
  private func caseConflicts() throws -> [Problem] {
    try (0..<10).map { .sameNameButForCase(path: try path("dir/f\($0)"), other: try path("dir/F\($0)")) }
  }

  @Test func `nothing more is written behind a problem`() throws {
    let volume = try SampleVolume()
    let large = 1 << 20
    #expect(try error([.file("a:b", size: large), .file("c", size: large)], on: volume) != nil)
    #expect(volume.ledger.written.byteCount == 0 && volume.ledger.zeroed.byteCount == 0)
  }

  @Test(arguments: [
    (files: 1, size: 34 << 20), (files: 9000, size: 9001), (files: 300, size: 1_000_000),
    // Up to the size at which clusters of 2 KiB become clusters of 4 KiB, and beyond.
    (files: 2000, size: 129_000), (files: 2000, size: 133_000),
  ])
  func `the size that is named works, and a MiB less does not`(files: Int, size: Int) throws {
    let entries = try (0..<files).map { try Entry.file("dir\($0 / 1000)/file number \($0)", size: size) }
    let volumeSize = Geometry.smallestVolumeSize
    guard case .contentTooLarge(let needed, volumeSize) = try error(entries, volumeSize: volumeSize) else {
      Issue.record("does not fail")
      return
    }
    #expect(needed % (1 << 20) == 0)
    #expect(try error(entries, volumeSize: needed) == nil)
    #expect(
      try error(entries, volumeSize: needed - (1 << 20))
        == .contentTooLarge(neededVolumeSize: needed, volumeSize: needed - (1 << 20)))
  }

  /// On a target that keeps nothing, with contents that are holes.
  private func error(_ entries: [Entry], volumeSize: UInt64) throws -> FAT32Error? {
    let geometry = try Geometry(volumeSize: volumeSize, hiddenSectorCount: 8192)
    var writer = try VolumeWriter(sample: NullTarget(size: volumeSize), geometry)
    for var entry in entries {
      if case .regular(let content) = entry.kind {
        entry.kind = .regular(.init(size: content.size, dataRanges: []))
      }
      try writer.add(entry)
    }
    do {
      try writer.finish()
      return nil
    } catch {
      return error
    }
  }

  @Test func `one cluster too many is too much`() throws {
    let volume = try SampleVolume()
    let full = Int(volume.geometry.clusterCount - 1) * 512
    // 34,098,688 bytes hold 65,541 clusters; the next whole number of MiB is 33.
    #expect(
      try error([.file("all", size: full + 1)], on: volume)
        == .contentTooLarge(neededVolumeSize: 33 << 20, volumeSize: volume.geometry.volumeSize))
    // Nothing fits any more when the directory needs the root's last cluster.
    let other = try SampleVolume()
    #expect(try error([.file("dir/all", size: full)], on: other) != nil)
    #expect(other.bytes(510, 2) == [0xFF, 0xFF])
  }

  @Test func `a content beyond the format is told as such`() throws {
    let size = Geometry.smallestVolumeSize
    let entries = try (0..<600).map { number in
      let content = Entry.Content(size: 4_000_000_000, dataRanges: [])
      return Entry(
        try path("file\(number)"), .regular(content), mode: 0o644, modificationTime: sampleTime)
    }
    #expect(try error(entries, volumeSize: size) == .contentBeyondFormat(largest: 2_199_023_255_040))
  }

  @Test(arguments: FaultyTarget.Fault.allCases)
  func `a volume that was not finished is none`(fault: FaultyTarget.Fault) throws {
    let size = Geometry.smallestVolumeSize
    let geometry = try Geometry(volumeSize: size, hiddenSectorCount: 2048)
    let memory = MemoryTarget(byteCount: Int(size))
    var failing = 1
    while true {
      let target = FaultyTarget(memory, failing: failing, fault: fault)
      do {
        try write(to: target, geometry)
        break
      } catch let error as FAT32Error {
        guard case .target = error else {
          Issue.record(error)
          return
        }
        #expect(throws: FAT32Error.self, "write \(failing)") {
          try BootSector(decoding: memory.contents(0..<512).span.bytes)
        }
      }
      failing += 1
    }
    #expect(failing > 6)
  }

  private func write(to target: any BlockTarget, _ geometry: Geometry) throws {
    var writer = try VolumeWriter(sample: target, geometry)
    try writer.add("large", sampleBytes(700_000))
    try writer.add(
      Entry(
        path("sparse"), .regular(.init(size: 3_000_000, dataRanges: [])), mode: 0o644,
        modificationTime: sampleTime))
    try writer.add("dir/small", sampleBytes(100))
    try writer.finish()
  }
}

extension VolumeWriter {
  mutating func append(zeros count: Int) throws {
    let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
    var rest = count
    while rest > 0 {
      let piece = min(rest, zeros.count)
      try append(zeros.span.bytes.extracting(first: piece))
      rest -= piece
    }
  }
}
