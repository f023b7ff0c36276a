// SPDX-License-Identifier: Apache-2.0
import Entries

extension Sample {
  /// One of everything that ext4 can hold, about 4 MiB.
  static let everything: [Sample] = directories + files + sparseFiles + links + devices + times + attributes

  private static let directories: [Sample] = [
    other("", .directory, mode: 0o755, owner: .init(user: 0, group: 5)),
    other("etc", .directory),
    file("etc/hostname", Array("cairn\n".utf8)),
    file("implied/way/down/file", content(10, seed: 3)),
    other("implied/way", .directory, mode: 0o2770, owner: .init(user: 1000, group: 1001)),
    other("sticky", .directory, mode: 0o1777),
    other("lost+found", .directory, mode: 0o711),
    file(String(repeating: "n", count: 255), content(1, seed: 4)),
    other("d" + String(repeating: "\u{e4}", count: 127), .directory, mode: 0o000),
    file("white space\nand \\", content(2, seed: 5)),
  ]

  private static let files: [Sample] = [0, 1, 4095, 4096, 4097, 65536, 1_000_001, 2_097_152].map {
    file("files/\($0)", content($0, seed: UInt64($0)), mode: 0o600 | UInt16($0 % 64))
  }

  private static let sparseFiles: [Sample] = [
    sparse("sparse/hole", size: 1 << 30, []),
    sparse("sparse/end", size: 10_000_000, [9_999_000..<10_000_000]),
    sparse("sparse/start", size: 5 << 30, [0..<4096]),
    sparse("sparse/within a block", size: 4096, [512..<1024, 2048..<2560]),
    sparse("sparse/side by side", size: 20_000, [0..<5000, 5000..<6000, 8192..<8193, 12_287..<16_385]),
    sparse("sparse/nothing at the end", size: 20_000, [0..<5000, 20_000..<20_000]),
    // More than an inode's four extents, more than a block's 340, and more than four blocks' 1,360.
    sparse("sparse/5", size: 100_000, (0..<5).map { $0 * 16384..<$0 * 16384 + 100 }),
    sparse("sparse/341", size: 341 * 8192, (0..<341).map { $0 * 8192..<$0 * 8192 + 8 }),
    sparse("sparse/1400", size: 1400 * 8192, (0..<1400).map { $0 * 8192 + 4088..<$0 * 8192 + 4096 }),
  ]

  private static func sparse(_ name: String, size: UInt64, _ ranges: [Range<UInt64>]) -> Sample {
    let shape = Entry.Content(size: size, dataRanges: ranges)
    return Sample(
      entry: Entry(path(name), .regular(shape), mode: 0o644, modificationTime: time),
      bytes: content(Int(shape.storedByteCount), seed: size))
  }

  private static let links: [Sample] =
    [1, 59, 60, 61, 4095].map {
      other("links/\($0)", .symbolicLink(target: Array(repeating: 0x61, count: $0)), mode: 0o777)
    } + [
      other("links/hard", .hardLink(to: path("files/4097"))),
      other("links/hard to hard", .hardLink(to: path("links/hard"))),
      other("links/hard to symbolic", .hardLink(to: path("links/60"))),
    ]

  private static let devices: [Sample] = [
    other("dev/console", .characterDevice(major: 5, minor: 1), mode: 0o600),
    other("dev/mmcblk0p2", .blockDevice(major: 179, minor: 2), mode: 0o660, owner: .init(user: 0, group: 6)),
    other("dev/large", .blockDevice(major: 4095, minor: 1_048_575)),
    other("dev/minor", .characterDevice(major: 1, minor: 256)),
    other("dev/fifo", .fifo, mode: 0o622),
    other("dev/socket", .socket, mode: 0o666),
  ]

  private static let times: [Sample] = [
    (-2_147_483_648, 0), (-1_000_000_000, 999_999_999), (0, 0), (2_147_483_648, 1), (4_294_967_296, 2),
    (13_569_465_600, 3), (15_032_385_535, 999_999_999),
  ].map { seconds, nanoseconds in
    file("times/\(seconds)", [1], time: Timestamp(seconds: seconds, nanoseconds: nanoseconds))
  }

  private static let attributes: [Sample] = [
    with(file("attributes/inode", [1]), [("user.note", "short"), ("user.empty", "")]),
    with(
      file("attributes/block", [2]),
      [
        ("user.b", String(repeating: "v", count: 1001)), ("security.x", "y"), ("trusted.aa", "zz"),
        ("user.a", "1"),
      ]),
    with(other("attributes/directory", .directory), [("user.note", String(repeating: "long ", count: 40))]),
    with(
      other("attributes/link", .symbolicLink(target: Array(repeating: 0x62, count: 100)), mode: 0o777),
      [("trusted.note", String(repeating: "w", count: 100))]),
    Sample(
      entry: Entry(
        path("attributes/acl"), .regular(.init(size: 0)), mode: 0o640, modificationTime: time,
        extendedAttributes: [.init(name: Array("system.posix_acl_access".utf8), value: accessControlList)])),
  ]

  /// u::rw-, u:1000:rw-, g::r--, m::rw-, o::---, as getxattr(2) gives it.
  static let accessControlList: [UInt8] = [
    2, 0, 0, 0, 1, 0, 6, 0, 255, 255, 255, 255, 2, 0, 6, 0, 0xE8, 3, 0, 0, 4, 0, 4, 0, 255, 255, 255, 255,
    16, 0, 4, 0, 255, 255, 255, 255, 32, 0, 0, 0, 255, 255, 255, 255,
  ]

  private static func with(_ sample: Sample, _ attributes: [(String, String)]) -> Sample {
    var sample = sample
    sample.entry.extendedAttributes = attributes.map { .init(name: Array($0.utf8), value: Array($1.utf8)) }
    return sample
  }
}
