// SPDX-License-Identifier: Apache-2.0
import Entries
import TestSupport

@testable import FAT32

/// Files and directories with names and times from all that FAT allows, or from all that the mtools can copy to a Linux
/// directory: they have printable 16-bit characters only, and Linux has names of 255 bytes, where FAT has as many UTF-16
/// units.
struct RandomTree {
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

  /// Up to the end of 2107, or to 2100-02-28: the mtools take 2100 for a leap year, which it is not.
  private func time(using generator: inout SeededGenerator) -> Timestamp {
    let end: Int64 = isForMtools ? 4_107_542_400 : 4_354_819_200
    return Timestamp(seconds: .random(in: 315_532_800..<end, using: &generator))
  }

  /// Up to 255 units; an 8.3 name now and then. It is no device's, and neither a dot nor a space stands at the end.
  private func name(using generator: inout SeededGenerator) -> String {
    if Int.random(in: 0..<5, using: &generator) == 0 { return Self.shortName(using: &generator) }
    let largest = [8, 13, 30, 255].randomElement(using: &generator) ?? 8
    let alphabet = Int.random(in: 0..<(isForMtools ? 3 : 4), using: &generator)
    var name = ""
    while true {
      let scalar = scalar(of: alphabet, using: &generator)
      guard name.utf16.count + scalar.utf16.count <= largest,
        !isForMtools || name.utf8.count + String(scalar).utf8.count <= 255
      else { break }
      name.unicodeScalars.append(scalar)
      if Int.random(in: 0..<largest, using: &generator) == 0 { break }
    }
    while name.unicodeScalars.last == "." || name.unicodeScalars.last == " " {
      name.unicodeScalars.removeLast()
    }
    return name.isEmpty || DeviceName(of: Array(name.utf8)[...]) != nil ? "x" : name
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
  private func scalar(of alphabet: Int, using generator: inout SeededGenerator) -> Unicode.Scalar {
    let largest = [0x7F, 0x24F, 0xFFFE, 0x10FFFF][alphabet] as UInt32
    while true {
      let value = UInt32.random(in: 0x20...largest, using: &generator)
      guard let scalar = Unicode.Scalar(value), isLegal(scalar) else { continue }
      if !isForMtools || Self.isFineForMtools(scalar) { return scalar }
    }
  }

  private func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    scalar != "\u{FFFF}" && !"\"*/:<>?\\|".unicodeScalars.contains(scalar)
  }

  /// The mtools replace what is not assigned and what is not printable.
  private static func isFineForMtools(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .unassigned, .privateUse, .format, .lineSeparator, .paragraphSeparator: false
    default: scalar.value <= 0xFFFD
    }
  }
}

extension VolumeWriter {
  mutating func add(_ tree: RandomTree) throws {
    for directory in tree.directories { try add(.directory(directory.path, time: directory.time)) }
    for file in tree.files { try add(file.path, file.bytes, time: file.time) }
  }
}
