// SPDX-License-Identifier: Apache-2.0
public import Cairn

/// Files that are made up as they are written: the same on every machine, and no reader's time among the writer's.
public struct GeneratedTree: Sendable {
  public let fileCount: Int
  private let filesPerDirectory: Int
  /// Bytes of a file, by its number.
  private let size: @Sendable (Int) -> UInt64

  private static let time = Timestamp(seconds: 1_700_000_000)
  /// As an archive's reader hands them out.
  private static let piece = (0..<256 << 10).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }

  public init(fileCount: Int, filesPerDirectory: Int, size: @escaping @Sendable (Int) -> UInt64) {
    self.fileCount = fileCount
    self.filesPerDirectory = filesPerDirectory
    self.size = size
  }

  /// 61,000 files, 750 MB: most of a few KiB, eight of 32 MiB.
  public static let system = GeneratedTree(fileCount: 61_000, filesPerDirectory: 40) { number in
    number % 7625 == 0 ? 32 << 20 : UInt64((16 << (number % 12)) + number % 509)
  }

  /// Files of 0 to 8 KiB.
  public static func small(_ fileCount: Int) -> GeneratedTree {
    GeneratedTree(fileCount: fileCount, filesPerDirectory: 1000) { UInt64(($0 &* 4093) % 8193) }
  }

  /// The shape of a release: few files, large ones among them.
  public static let release = GeneratedTree(fileCount: 320, filesPerDirectory: 40) { number in
    number % 40 == 0 ? 12 << 20 : UInt64(number * 997)
  }

  /// Adds all files, each in a directory that makes itself, and finishes.
  public func write<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws {
    for number in 0..<fileCount {
      let path = try EntryPath(
        "directory-\(number / filesPerDirectory)/file-\(number % filesPerDirectory).text".utf8)
      let size = size(number)
      try writer.add(
        Entry(path, .regular(Entry.Content(size: size)), mode: 0o644, modificationTime: Self.time))
      var rest = size
      while rest > 0 {
        let count = min(rest, UInt64(Self.piece.count))
        try writer.append(Self.piece.span.bytes.extracting(first: Int(count)))
        rest -= count
      }
    }
    try writer.finish()
  }

  /// Adds one file that has a MiB of content at its end and is a hole before that.
  public static func writeSparseFile<Writer: EntryWriter & ~Copyable>(
    of byteCount: UInt64, to writer: inout Writer
  ) throws {
    let data = byteCount - (1 << 20)..<byteCount
    try writer.add(
      Entry(
        EntryPath("sparse" as StaticString), .regular(Entry.Content(size: byteCount, dataRanges: [data])),
        mode: 0o644,
        modificationTime: time))
    for _ in 0..<4 { try writer.append(piece.span.bytes) }
    try writer.finish()
  }
}

/// Volumes on a target that keeps nothing: what is measured is our own work, with storage taken away.
public enum GeneratedVolume {
  private static let time = Timestamp(seconds: 1_700_000_000)

  public static func ext4(of size: UInt64) throws -> Ext4.VolumeWriter {
    let identifier = try Identifier("5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6")
    let format = Format(size: size, uuid: identifier, hashSeed: identifier, time: time, inodeRatio: 8192)
    return try Ext4.VolumeWriter(formatting: NullTarget(size: size), format: format)
  }

  public static func fat32(of size: UInt64) throws -> FAT32.VolumeWriter {
    try FAT32.VolumeWriter(
      formatting: NullTarget(size: size), geometry: FAT32.Geometry(volumeSize: size, hiddenSectorCount: 8192),
      label: FAT32.VolumeLabel("ALPINE"), volumeID: 0x4341_524E, time: time)
  }
}
