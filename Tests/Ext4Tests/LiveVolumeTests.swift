// SPDX-License-Identifier: Apache-2.0
import Archive
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// What the kernel and resize2fs make of our volumes afterwards.
@Suite(.enabled(if: SampleVolume.e2fsck.isInstalled && SampleVolume.dumpe2fs.isInstalled))
struct LiveVolumeTests {
  private static let resize2fs = ForeignTool("resize2fs")
  private static let samples = Sample.everything + Sample.names(2000)

  /// Volumes that the kernel handles in ways of their own.
  enum Preset: String, CaseIterable {
    case standard, oldKernels, noJournal, noIndexes

    static let tested = Sample.isLong ? allCases : [.standard, .oldKernels, .noJournal]

    func format(size: UInt64) -> Format {
      var format = SampleVolume.format(size: size)
      switch self {
      case .standard: break
      case .oldKernels: format.features = .oldKernels
      case .noJournal: format.journal = .none
      case .noIndexes: format.features = .standard.removing(.directoryIndexes).removing(.metadataChecksums)
      }
      return format
    }
  }

  private func volume(_ preset: Preset, size: UInt64 = 64 << 20) throws -> SampleVolume {
    try SampleVolume(size: size, Self.samples, format: preset.format(size: size))
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"), arguments: Preset.tested)
  func `a volume that was filled is changed in every way and stays clean`(preset: Preset) throws {
    let volume = try volume(preset)
    var tree = LiveTree(try LoopMount(volume.path, isWritable: true))
    try tree.growFiles()
    try tree.fillHoles()
    try tree.truncateFiles()
    try tree.renameAcrossDirectories()
    try tree.changeDirectories()
    try tree.changeLinks()
    try tree.changeAttributes()
    try tree.expectWritten()
    tree.mount.unmount()
    #expect(try volume.complaints() == nil)
    tree = tree.mounted(again: try LoopMount(volume.path))
    try tree.expectWritten()
    try compareWithReader(volume, tree.mount)
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"), arguments: Preset.tested)
  func `a volume that was filled is filled to its last block and emptied again`(preset: Preset) throws {
    let volume = try volume(preset)
    let mount = try LoopMount(volume.path, isWritable: true)
    let directory = mount.path("names")
    #expect(try fill(directory) == ENOSPC)
    #expect(try FileManager.default.attributesOfFileSystem(forPath: directory)[.systemFreeSize] as? Int == 0)
    mount.unmount()
    #expect(try volume.complaints() == nil)
    let again = try LoopMount(volume.path, isWritable: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: again.path("")) {
      try FileManager.default.removeItem(atPath: again.path(name))
    }
    again.unmount()
    #expect(try volume.complaints() == nil)
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    #expect(try reader.samples().map(\.entry.path) == [.root])
  }

  /// Makes files until one can't be: returns the number of the error.
  private func fill(_ directory: String) throws -> Int32 {
    let bytes = Sample.content(1 << 20)
    for number in 0... {
      let file = open("\(directory)/filler \(number)", O_WRONLY | O_CREAT, 0o600)
      guard file >= 0 else { return errno }
      defer { close(file) }
      var count = 0
      while count < bytes.count {
        let written = bytes.withUnsafeBytes { write(file, $0.baseAddress! + count, bytes.count - count) }
        guard written > 0 else { return errno }
        count += written
      }
    }
    return 0
  }

  /// Holds what the kernel shows against what the reader finds.
  private func compareWithReader(_ volume: SampleVolume, _ mount: LoopMount) throws {
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    var source = try DirectoryReader(path: mount.path(.root))
    #expect(try reader.differences(from: &source) == [])
  }
}

// Other sizes.
extension LiveVolumeTests {
  private func expectWhole(_ volume: SampleVolume, blockCount: UInt64?, comparesRoot: Bool = true) throws {
    #expect(try volume.complaints() == nil)
    if let blockCount { #expect(try volume.header()["Block count"] == "\(blockCount)") }
    var options = Comparison.Options()
    options.comparesRoot = comparesRoot
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    var source = SampleReader(Self.samples)
    #expect(try reader.differences(from: &source, options) == [])
    #expect(try CheckerTests.findings(ReadOnlyFile(path: volume.path)).1.map(\.description) == [])
  }

  @Test(.enabled(if: resize2fs.isInstalled), arguments: Preset.tested, [144, 8 << 10] as [UInt64])
  func `resize2fs grows a volume that is not mounted`(preset: Preset, mebibyteCount: UInt64) throws {
    let volume = try volume(preset)
    try #require(truncate(volume.path, Int(mebibyteCount << 20)) == 0)
    let result = try Self.resize2fs.run(volume.path)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    try expectWhole(volume, blockCount: mebibyteCount << 8)
  }

  @Test(.enabled(if: resize2fs.isInstalled), arguments: Preset.tested)
  func `resize2fs shrinks a volume to the least that it takes, and grows it again`(preset: Preset) throws {
    let volume = try volume(preset, size: 320 << 20)
    let shrunk = try Self.resize2fs.run("-M", volume.path)
    #expect(shrunk.status == 0, "\(shrunk.text)\(shrunk.errors)")
    try expectWhole(volume, blockCount: nil)
    let blockCount = try #require(try volume.header()["Block count"].flatMap { Int($0) })
    #expect(blockCount < 64 << 8)
    let grown = try Self.resize2fs.run(volume.path, "320M")
    #expect(grown.status == 0, "\(grown.text)\(grown.errors)")
    try expectWhole(volume, blockCount: 320 << 8)
  }

  @Test(
    .enabled(
      if: OnlineGrowth.isAllowed, "the kernel refuses to grow what is mounted, a volume of mke2fs, too"),
    arguments: Preset.tested, [144, 8 << 10] as [UInt64])
  func `resize2fs grows a volume that is mounted`(preset: Preset, mebibyteCount: UInt64) throws {
    let volume = try volume(preset)
    let mount = try LoopMount(volume.path, isWritable: true)
    let result = try OnlineGrowth.grow(volume.path, to: mebibyteCount << 20)
    #expect(result.status == 0, "\(result.text)\(result.errors)")
    let bytes = Data(Sample.content(80 << 20))
    try bytes.write(to: URL(fileURLWithPath: mount.path("new")))
    #expect(try Data(contentsOf: URL(fileURLWithPath: mount.path("new"))) == bytes)
    unlink(mount.path("new"))
    mount.unmount()
    #expect(try volume.complaints() == nil)
    #expect(try volume.header()["Block count"] == "\(mebibyteCount << 8)")
  }

  /// The same in a machine where root is free to, and under a kernel of Debian's: what it takes stands at
  /// `VirtualLinux`.
  @Test(
    .enabled(
      if: VirtualLinux.isPossible && resize2fs.isInstalled,
      "needs CAIRN_TEST_KERNEL, qemu-system-x86_64, a static busybox and cpio"))
  func `resize2fs grows a volume that is mounted in a machine of its own`() throws {
    let sizes: [UInt64] = [144 << 20, 8 << 30]
    let volumes = try Preset.allCases.flatMap { preset in try sizes.map { ($0, try volume(preset)) } }
    for (size, volume) in volumes { try #require(truncate(volume.path, Int(size)) == 0) }
    let scratch = try TemporaryDirectory()
    let machine = try VirtualLinux(
      in: scratch, modules: ["crc16", "crc32c_generic", "libcrc32c", "mbcache", "jbd2", "ext4"],
      programs: [try #require(Self.resize2fs.path)])
    let growing = zip(volumes.indices, "abcdefghijklmnopqrstuvwxyz").map { "grow \($0) \($1)\n" }
    let console = try machine.run(
      """
      grow() {
        mount -t ext4 /dev/vd$2 /mnt && \(try #require(Self.resize2fs.path)) /dev/vd$2 &&
          dd if=/dev/urandom of=/mnt/new bs=1M count=80 && cp /mnt/new /tmp && sync &&
          echo 3 >/proc/sys/vm/drop_caches && cmp /mnt/new /tmp/new && rm /mnt/new /tmp/new && umount /mnt &&
          echo "grew volume $1"
      }
      mkdir /tmp
      \(growing.joined())
      """, disks: volumes.map { VirtualLinux.Disk($0.1.path) })
    for (number, (size, volume)) in volumes.enumerated() {
      #expect(console.contains("grew volume \(number)\r\n"), "\(console)")
      // The root got a name and lost it again.
      try expectWhole(volume, blockCount: size / 4096, comparesRoot: false)
    }
    #expect(!console.contains("EXT4-fs error"), "\(console)")
  }
}

/// Growing what is mounted takes CAP_SYS_RESOURCE, which root need not have.
private enum OnlineGrowth {
  /// False only where a volume of mke2fs is refused for want of permission.
  static let isAllowed: Bool = {
    guard LoopMount.isPossible, ForeignTool("resize2fs").isInstalled, let probe = try? TemporaryDirectory()
    else {
      return false
    }
    let path = probe.path("probe")
    guard (try? ForeignTool("mke2fs").run("-q", "-t", "ext4", path, "32M"))?.status == 0,
      let mount = try? LoopMount(path, isWritable: true)
    else { return false }
    defer { mount.unmount() }
    return (try? grow(path, to: 64 << 20))?.errors.contains("Permission denied") == false
  }()

  /// - Parameters:
  ///   - path: of a file that is mounted.
  ///   - size: in bytes.
  static func grow(_ path: String, to size: UInt64) throws -> ForeignTool.Result {
    let losetup = ForeignTool("losetup")
    let device = try losetup.run("--noheadings", "--output", "NAME", "--associated", path).text
      .trimmingCharacters(in: .whitespacesAndNewlines)
    try #require(truncate(path, Int(size)) == 0 && !device.isEmpty)
    try #require(try losetup.run("--set-capacity", device).status == 0)
    return try ForeignTool("resize2fs").run(device)
  }
}

/// Changes a mounted volume with one of everything on it, and knows what became of its files.
private struct LiveTree {
  let mount: LoopMount
  /// Bytes of files by their paths, holes as zeros.
  private var expected: [String: [UInt8]] = [:]
  private var gone: [String] = []

  init(_ mount: LoopMount) { self.mount = mount }

  func mounted(again mount: LoopMount) -> LiveTree {
    var tree = LiveTree(mount)
    tree.expected = expected
    tree.gone = gone
    return tree
  }

  private func path(_ name: String) -> String { mount.path(Sample.path(name)) }

  private func read(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  func expectWritten() throws {
    for (name, bytes) in expected { #expect(try read(name) == bytes, "\(name)") }
    for name in gone { #expect(access(path(name), F_OK) != 0, "\(name)") }
  }

  /// Throws what a system call that failed left.
  private func succeed(_ result: Int32, _ what: String) throws {
    try #require(result == 0, "\(what): \(String(cString: strerror(errno)))")
  }
}

// Files.
extension LiveTree {
  private mutating func write(_ bytes: [UInt8], at offset: Int, of name: String) throws {
    var content = try expected[name] ?? read(name)
    let file = open(path(name), O_WRONLY)
    try #require(file >= 0, "\(name)")
    defer { close(file) }
    let count = bytes.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
    #expect(count == bytes.count, "\(name)")
    if content.count < offset + bytes.count {
      content += Array(repeating: 0, count: offset + bytes.count - content.count)
    }
    content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    expected[name] = content
  }

  /// Files without a byte, with part of a block, with whole ones, with five extents, with a block of them, with several.
  mutating func growFiles() throws {
    let names = [
      "files/0", "files/1", "files/4095", "files/4096", "files/4097", "files/2097152", "sparse/end",
      "sparse/5",
      "sparse/341", "sparse/1400", "sparse/side by side", "names/7-------",
    ]
    for (number, name) in names.enumerated() {
      let size = try read(name).count
      for round in 0..<3 {
        try write(Sample.content(50_001, seed: UInt64(number)), at: size + round * 50_001, of: name)
      }
    }
    try write(Sample.content(9000), at: 3_000_000, of: "sparse/within a block")
  }

  /// Splits extents, and begins new ones between them.
  mutating func fillHoles() throws {
    for block in stride(from: 1, to: 1400, by: 14) {
      try write(Sample.content(4096, seed: UInt64(block)), at: block * 4096, of: "sparse/1400")
      if block < 680 { try write([1, 2, 3], at: block * 4096 + 4000, of: "sparse/341") }
    }
    for offset in stride(from: 9_000_000, to: 0, by: -1_000_000) {
      try write([9], at: offset, of: "sparse/end")
    }
  }

  mutating func truncateFiles() throws {
    for (name, size) in [
      ("files/1000001", 5000), ("files/65536", 0), ("sparse/341", 1_000_001), ("sparse/1400", 3_000_000),
      ("sparse/5", 1), ("files/4097", 4096), ("files/1", 12_000_000),
    ] {
      var content = try expected[name] ?? read(name)
      try succeed(truncate(path(name), size), name)
      content = Array(content.prefix(size)) + Array(repeating: 0, count: max(0, size - content.count))
      expected[name] = content
    }
  }
}

// Names.
extension LiveTree {
  private mutating func move(_ name: String, to other: String) throws {
    var status = stat()
    try succeed(lstat(path(name), &status), name)
    if expected[name] == nil, status.st_mode & S_IFMT == S_IFREG { expected[name] = try read(name) }
    try succeed(rename(path(name), path(other)), name)
    expected[other] = expected.removeValue(forKey: name)
    gone.append(name)
  }

  mutating func renameAcrossDirectories() throws {
    try move("files/65536", to: "implied/way/down/moved")
    try move("sparse/1400", to: "names/moved into an index")
    try move("implied/way/down/file", to: "etc/hostname")
    try move("attributes/directory", to: "sticky/directory")
    try move("links/4095", to: "names/link")
    try move("dev/socket", to: "etc/socket")
    for number in stride(from: 0, to: 50, by: 7) {
      let name = "names/\(number)" + String(repeating: "-", count: number)
      try move(name, to: "etc/\(number)")
    }
    try move("sticky", to: "implied/way/sticky")
  }

  /// In a directory with an index, more than it has leaves for.
  mutating func changeDirectories() throws {
    for number in 0..<600 {
      try succeed(mkdir(path("names/directory number \(number) with a long name"), 0o755), "\(number)")
    }
    for number in 0..<600 where number % 3 > 0 {
      try succeed(rmdir(path("names/directory number \(number) with a long name")), "\(number)")
      gone.append("names/directory number \(number) with a long name")
    }
    try FileManager.default.removeItem(atPath: path("times"))
    try FileManager.default.removeItem(atPath: path("lost+found"))
    try succeed(mkdir(path("lost+found"), 0o700), "lost+found")
    gone += ["times", "times/0"]
  }

  mutating func changeLinks() throws {
    for number in 0..<100 {
      try succeed(link(path("files/4096"), path("names/another name \(number)")), "\(number)")
    }
    expected["names/another name 99"] = expected["files/4096"]
    try succeed(unlink(path("files/4096")), "files/4096")
    expected["files/4096"] = nil
    for name in ["links/hard", "links/hard to symbolic", "links/1", "dev/fifo", "dev/large"] {
      try succeed(unlink(path(name)), name)
      gone.append(name)
    }
    for count in [1, 59, 60, 61, 4095] {
      try succeed(symlink(String(repeating: "s", count: count), path("names/symlink \(count)")), "\(count)")
    }
  }
}

// Attributes.
extension LiveTree {
  func changeAttributes() throws {
    let long = Array(repeating: UInt8(ascii: "l"), count: 2000)
    // From the inode into a block, out of the block, within either.
    for name in ["attributes/inode", "files/0", "names", "attributes/acl", "dev"] {
      for (attribute, value) in [
        ("user.new", [1]), ("user.long", long), ("trusted.new", Array(long.prefix(50))),
      ] {
        try succeed(setAttribute(path(name), attribute, value, value.count, 0), "\(name) \(attribute)")
      }
    }
    for attribute in ["user.b", "security.x", "trusted.aa"] {
      try succeed(removeAttribute(path("attributes/block"), attribute), attribute)
    }
    try succeed(removeAttribute(path("attributes/inode"), "user.note"), "user.note")
    try succeed(removeAttribute(path("names"), "user.long"), "user.long")
    for name in ["etc", "files/1", "attributes/acl"] {
      try succeed(chown(path(name), 4_000_000_000, 70_000), name)
      try succeed(chmod(path(name), 0o7751), name)
    }
  }
}

private typealias SetAttribute =
  @convention(c) (
    UnsafePointer<CChar>, UnsafePointer<CChar>, UnsafeRawPointer, Int, Int32
  ) -> Int32
private typealias RemoveAttribute = @convention(c) (UnsafePointer<CChar>, UnsafePointer<CChar>) -> Int32

// lsetxattr(2) and lremovexattr(2), which Swift's Glibc leaves out.
private let setAttribute = unsafeBitCast(dlsym(nil, "lsetxattr"), to: SetAttribute.self)
private let removeAttribute = unsafeBitCast(dlsym(nil, "lremovexattr"), to: RemoveAttribute.self)
