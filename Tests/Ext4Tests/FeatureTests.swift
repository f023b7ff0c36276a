// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// Volumes with other features than the usual, and features that can't be had.
@Suite(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.dumpe2fs.isInstalled))
struct FeatureTests {
  /// In the syntax of `mke2fs -O`.
  static let changes = [
    "^has_journal", "^resize_inode", "^dir_index", "^64bit", "^flex_bg", "^large_file", "^huge_file",
    "^dir_nlink", "^extra_isize", "^metadata_csum", "uninit_bg", "^resize_inode,^sparse_super",
    "^metadata_csum,^dir_index", "^metadata_csum,^64bit,^flex_bg", "uninit_bg,^dir_index,^has_journal",
    "uninit_bg,^64bit",
    "^metadata_csum,^resize_inode,^sparse_super,^flex_bg,^64bit,^has_journal,^extra_isize,^dir_index",
  ]

  /// Files of 5 GiB aside, which not every volume holds.
  private static let samples =
    Sample.everything.filter { "\($0.entry.path)" != "sparse/start" } + Sample.names(3000)

  private static func format(_ text: String, size: UInt64) throws -> Format {
    var format = SampleVolume.format(size: size)
    format.features = try FeatureSet(text)
    return format
  }

  /// What mke2fs makes of the same words, as dumpe2fs tells it.
  private static func expected(_ text: String) throws -> Set<Substring> {
    let directory = try TemporaryDirectory()
    let path = directory.path("theirs")
    try Data().write(to: URL(fileURLWithPath: path))
    let configuration = directory.path("mke2fs.conf")
    try FormatTests.configuration.write(toFile: configuration, atomically: false, encoding: .utf8)
    // mke2fs leaves metadata_csum on where uninit_bg is asked for.
    let words = text.hasPrefix("uninit_bg") ? "^metadata_csum,\(text)" : text
    let result = try FormatTests.mke2fs.run(
      ["-F", "-q", "-t", "ext4", "-b", "4096", "-O", words, path, "64M"],
      environment: ["MKE2FS_CONFIG": configuration])
    #expect(result.status == 0, "\(result.errors)")
    return Set(try SampleVolume.header(of: path)["Filesystem features", default: ""].split(separator: " "))
  }

  @Test(.enabled(if: FormatTests.mke2fs.isInstalled), arguments: changes)
  func `features are those of mke2fs, and the volume is sound`(text: String) throws {
    let volume = try SampleVolume(
      size: 400 << 20, Self.samples, format: Self.format(text, size: 400 << 20))
    let features = try volume.header()["Filesystem features", default: ""].split(separator: " ")
    #expect(Set(features) == (try Self.expected(text)))
    #expect(try volume.complaints() == nil)
    let (summary, findings) = try CheckerTests.findings(ReadOnlyFile(path: volume.path))
    #expect(findings.map(\.description) == [])
    #expect(summary.isComplete)
    for sample in Self.samples where "\(sample.entry.path)".hasPrefix("files/") {
      #expect(try volume.dump("\(sample.entry.path)") == sample.bytes)
    }
  }

  @Test(arguments: [8, 300, 2100] as [UInt64])
  func `what old kernels mount is sound`(mebibyteCount: UInt64) throws {
    var format = SampleVolume.format(size: mebibyteCount << 20)
    format.features = .oldKernels
    let volume = try SampleVolume(size: format.size, Sample.names(1000), format: format)
    #expect(
      try volume.header()["Filesystem features"] == """
        has_journal ext_attr resize_inode dir_index filetype extent flex_bg sparse_super large_file huge_file \
        uninit_bg dir_nlink extra_isize
        """)
    #expect(try volume.complaints() == nil)
  }

  @Test(
    .enabled(if: LoopMount.isPossible, "needs root and loop devices"),
    arguments: changes)
  func `the kernel mounts and fills every kind`(text: String) throws {
    let format = try Self.format(text, size: 64 << 20)
    let volume = try SampleVolume(size: format.size, Self.samples, format: format)
    let mount = try LoopMount(volume.path, isWritable: true)
    for number in 0..<200 {
      let path = mount.path(Sample.path("names/new \(number)"))
      try Data(repeating: 7, count: number * 9).write(to: URL(fileURLWithPath: path))
    }
    for sample in Sample.names(3000).dropFirst(500) {
      #expect(unlink(mount.path(sample.entry.path)) == 0)
    }
    mount.unmount()
    #expect(try volume.complaints() == nil)
  }

  @Test(arguments: ["^metadata_csum", "uninit_bg"])
  func `inode tables are zeroed where no kernel would do it`(text: String) throws {
    let size = 16 << 20
    let target = MemoryTarget(byteCount: size)
    var bytes = AlignedBuffer(byteCount: size)
    bytes.store([UInt8](repeating: 0xFF, count: size).span.bytes, at: 0)
    try target.write(bytes.bytes, at: 0)
    let ledger = Ledger(target)
    try SampleVolume.fill(ledger, try Self.format(text, size: UInt64(size)), Sample.names(500))
    #expect(ledger.repeatedByteCount == 0)
    let volume = try SampleVolume(contents: target.contents())
    #expect(try volume.complaints() == nil)
  }

  @Test(
    arguments: [("^large_file", 1 << 31), ("^huge_file", 1 << 41), ("^dir_nlink", 1 << 44)]
      as [(String, UInt64)])
  func `what only a feature allows is refused without it`(text: String, size: UInt64) throws {
    func error(_ samples: [Sample]) throws -> Ext4Error? {
      var writer = try VolumeWriter(
        formatting: NullTarget(size: 64 << 20), format: Self.format(text, size: 64 << 20))
      do throws(Ext4Error) {
        try SampleVolume.fill(&writer, samples)
        return nil
      } catch { return error }
    }
    func sparse(_ size: UInt64) -> Sample {
      Sample(
        entry: Entry(
          Sample.path("a"), .regular(.init(size: size, dataRanges: [])), mode: 0o644,
          modificationTime: Sample.time))
    }
    guard text != "^dir_nlink" else {
      let directories = (0..<64_997).map { Sample.other("d/\($0)", .directory) }
      let problem = Problem(path: Sample.path("d"), reason: .tooManySubdirectories)
      guard case .contentTooLarge = try error(directories) else {
        Issue.record("64,997 directories are too many")
        return
      }
      #expect(try error(directories + [.other("d/e", .directory)]) == .unrepresentable([problem]))
      return
    }
    let largest = text == "^large_file" ? size - 1 : size - (1 << 20)
    #expect(try error([sparse(largest)]) == nil)
    let problem = Problem(
      path: Sample.path("a"), reason: .fileTooLarge(size: largest + 1, largestSize: largest))
    #expect(try error([sparse(largest + 1)]) == .unrepresentable([problem]))
  }

  @Test func `features are read as mke2fs reads them`() throws {
    #expect(try FeatureSet("") == .standard)
    #expect(try FeatureSet("^metadata_csum, ^64bit gdt_csum") == .oldKernels)
    #expect(try FeatureSet("uninit_bg,^64bit") == .oldKernels)
    #expect(try FeatureSet("metadata_csum,64bit", changing: .oldKernels) == .standard)
    #expect(try FeatureSet("^bigalloc,extents,^orphan_file") == .standard)
    #expect("\(FeatureSet.standard.removing(.journal))".hasPrefix("ext_attr resize_inode"))
  }

  @Test(
    arguments: [
      ("bigaloc", "ext4 feature \"bigaloc\": no such feature; see ext4(5)"),
      ("a\nb", "ext4 feature \"a\\x0ab\": no such feature; see ext4(5)"),
      ("^", "ext4 feature \"\": no such feature; see ext4(5)"),
      (
        "meta_bg",
        "ext4 feature meta_bg: not possible, since group descriptors stand together; leave it out"
      ),
      ("^extent", "ext4 feature ^extent: not possible, since files are mapped by extents alone; leave it on"),
      (
        "uninit_bg,metadata_csum",
        "ext4 features metadata_csum and uninit_bg: one excludes the other; switch one off"
      ),
      (
        "^sparse_super",
        "ext4 feature resize_inode: needs sparse_super; switch that on or resize_inode off"
      ),
    ])
  func `what can't be had is told with the reason`(text: String, sentence: String) throws {
    let error = #expect(throws: Ext4Error.self) { try FeatureSet(text) }
    #expect(error?.description == sentence)
  }

  @Test func `every feature that mke2fs knows is known here`() throws {
    let names = [
      "dir_prealloc", "has_journal", "ext_attr", "dir_index", "resize_inode", "sparse_super2", "fast_commit",
      "stable_inodes", "orphan_file", "sparse_super", "large_file", "huge_file", "uninit_bg", "dir_nlink",
      "extra_isize", "quota", "bigalloc", "metadata_csum", "read-only", "project", "shared_blocks", "verity",
      "filetype", "journal_dev", "extent", "meta_bg", "64bit", "inline_data", "flex_bg", "mmp", "ea_inode",
      "metadata_csum_seed", "large_dir", "encrypt", "casefold",
    ]
    for name in names {
      do throws(Ext4Error) {
        _ = try FeatureSet(name)
      } catch {
        if error == .invalidFeatures(.unknown(name)) { Issue.record("\(name)") }
      }
    }
  }
}
