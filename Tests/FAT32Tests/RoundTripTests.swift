// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Foundation
import TestSupport
import Testing

@testable import FAT32

@Suite struct RoundTripTests {
  @Test(.enabled(if: judges)) func `what the writer writes, the reader and the mtools read`() throws {
    var generator = SeededGenerator()
    for round in 0..<(isLong ? 40 : 4) {
      let isForMtools = round % 2 == 0
      let tree = RandomTree(forMtools: isForMtools, using: &generator)
      let volume = try SampleVolume()
      var writer = try volume.writer()
      for directory in tree.directories {
        try writer.add(.directory(directory.path, time: directory.time))
      }
      for file in tree.files { try writer.add(file.path, file.bytes, time: file.time) }
      try writer.finish()
      try compare(VolumeReader(volume.memory), tree)
      try findAll(on: volume)
      try volume.check(isForMtools ? tree.files : [])
    }
  }

  /// Paths, bytes and times are those that were written.
  private func compare(_ reader: consuming VolumeReader, _ tree: RandomTree) throws {
    var expected: [String: SampleFile] = [:]
    for item in tree.files + tree.directories { expected[item.path] = item }
    let read = try reader.readAll()
    #expect(read.count == expected.count)
    for file in read {
      let original = try #require(expected[file.path], "\(file.path)")
      #expect((file.bytes == original.bytes) == true, "\(file.path)")
      #expect(file.entry.modificationTime == Timestamp(seconds: original.time.seconds & ~1), "\(file.path)")
      #expect(file.entry.mode == (file.entry.kind == .directory ? 0o755 : 0o644), "\(file.path)")
    }
  }

  /// Every item is found by its path, in whatever case, and by the short names along it.
  private func findAll(on volume: SampleVolume) throws {
    var reader = try VolumeReader(volume.memory)
    var pending = [(item: reader.root, shortPath: EntryPath.root)]
    while let (directory, shortPath) = pending.popLast() {
      let items = try reader.items(in: directory)
      #expect(Set(items.map(\.shortName)).count == items.count)
      for item in items {
        let short = try shortPath.appending(EntryPath(sample: item.shortName))
        #expect(try reader.item(at: item.path) == item)
        #expect(try reader.item(at: short).offset == item.offset)
        let upperCase = try EntryPath(LongName.folded(item.path.bytes))
        #expect(try reader.item(at: upperCase).offset == item.offset)
        if item.isDirectory { pending.append((item, short)) }
      }
    }
  }
}

/// Files and directories with names from all that FAT allows, or from all that the mtools can copy to Linux, too: they
/// have 16-bit characters only, and Linux has names of 255 bytes, where FAT has as many UTF-16 units.
private struct RandomTree {
  private let isForMtools: Bool
  private(set) var directories: [SampleFile] = []
  private(set) var files: [SampleFile] = []
  /// Paths in upper case: FAT holds each once.
  private var taken: Set<[UInt8]> = []

  init(forMtools isForMtools: Bool, using generator: inout SeededGenerator) {
    self.isForMtools = isForMtools
    for _ in 0..<Int.random(in: 0...12, using: &generator) {
      if let path = path(using: &generator) {
        directories.append(SampleFile(path: path, bytes: [], time: time(using: &generator)))
      }
    }
    for number in 0..<Int.random(in: 1...90, using: &generator) {
      guard let path = path(using: &generator) else { continue }
      let largest = [0, 1000, 1000, 100_000].randomElement(using: &generator) ?? 0
      let size = Int.random(in: 0...largest, using: &generator)
      files.append(
        SampleFile(path: path, bytes: sampleBytes(size, seed: number), time: time(using: &generator)))
    }
  }

  /// Nil where the name is taken, or the path would be longer than Linux opens it.
  private mutating func path(using generator: inout SeededGenerator) -> String? {
    let name = name(using: &generator)
    let parent = Bool.random(using: &generator) ? directories.randomElement(using: &generator)?.path : nil
    let path = parent.map { "\($0)/\(name)" } ?? name
    guard path.utf8.count <= 4095, taken.insert(LongName.folded(path.utf8)).inserted else { return nil }
    return path
  }

  /// Up to 2100-02-28: mtools take 2100 for a leap year, which it is not.
  private func time(using generator: inout SeededGenerator) -> Timestamp {
    Timestamp(seconds: .random(in: 315_532_800..<4_107_542_400, using: &generator))
  }

  /// Up to 255 units; an 8.3 name now and then. Neither a dot nor a space stands at the end.
  private func name(using generator: inout SeededGenerator) -> String {
    if Int.random(in: 0..<5, using: &generator) == 0 { return Self.shortName(using: &generator) }
    let largest = [8, 13, 30, 255].randomElement(using: &generator) ?? 8
    let alphabet = Int.random(in: 0..<(isForMtools ? 3 : 4), using: &generator)
    var name = ""
    while true {
      let scalar = Self.scalar(of: alphabet, using: &generator)
      guard name.utf16.count + scalar.utf16.count <= largest,
        !isForMtools || name.utf8.count + String(scalar).utf8.count <= 255
      else { break }
      name.unicodeScalars.append(scalar)
      if Int.random(in: 0..<largest, using: &generator) == 0 { break }
    }
    while name.unicodeScalars.last == "." || name.unicodeScalars.last == " " {
      name.unicodeScalars.removeLast()
    }
    return name.isEmpty ? "x" : name
  }

  private static func shortName(using generator: inout SeededGenerator) -> String {
    func part(_ count: ClosedRange<Int>, _ generator: inout SeededGenerator) -> String {
      let characters = Array("ABCXYZ0189$%'-_@~`!(){}^#&")
      return String(
        (0..<Int.random(in: count, using: &generator)).map { _ in
          characters.randomElement(using: &generator) ?? "A"
        })
    }
    let base = part(1...8, &generator)
    let suffix = part(0...3, &generator)
    let name = suffix.isEmpty ? base : "\(base).\(suffix)"
    return Bool.random(using: &generator) ? name : name.lowercased()
  }

  /// ASCII alone, the Latin scripts, all 16-bit characters, or all characters.
  private static func scalar(of alphabet: Int, using generator: inout SeededGenerator) -> Unicode.Scalar {
    let largest = [0x7E, 0x24F, 0xFFFD, 0x10FFFF][alphabet] as UInt32
    while true {
      let value = UInt32.random(in: 0x20...largest, using: &generator)
      let illegal: [UInt32] = Array("\"*/:<>?\\|".unicodeScalars.map(\.value)) + [0x7F]
      if !illegal.contains(value), let scalar = Unicode.Scalar(value), isFine(scalar) { return scalar }
    }
  }

  /// The mtools replace what is not assigned and what is not printable.
  private static func isFine(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .unassigned, .privateUse, .format, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }
}
