// SPDX-License-Identifier: Apache-2.0
import Archive
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// Volumes of mke2fs, filled from a tree of files.
@Suite(.enabled(if: ForeignTool("mke2fs").isInstalled, "needs e2fsprogs"))
struct ForeignReadingTests {
  private static let shell = ForeignTool("sh")
  private static let mke2fs = ForeignTool("mke2fs")

  /// A tree with everything that this user may make.
  private static func tree(_ directory: TemporaryDirectory) throws -> String {
    let path = directory.path("tree")
    let result = try shell.run(
      "-ec",
      """
      mkdir -p "$1/dir/sub/deep" "$1/names" "$1/empty"; cd "$1"
      printf '' > none; printf x > one; chmod 4711 one
      head -c 57 /dev/urandom > small; head -c 150 /dev/urandom > inline
      head -c 3000001 /dev/urandom > large
      printf tail | dd of=sparse bs=1 seek=80000000 conv=notrunc 2>/dev/null
      printf head | dd of=sparse bs=1 seek=100000 conv=notrunc 2>/dev/null
      truncate -s 1000000 hole
      ln -s one short; ln -s "$(printf %0200d 7)" long; ln -s "$(printf %0100d 7)" middle
      ln large dir/other; ln large dir/sub/third
      mkfifo fifo
      for i in $(seq 300); do printf %s "$i" > "names/file $i with a name of some length"; done
      if [ "$(id -u)" = 0 ]; then
        mknod tty c 4 64; mknod disk b 259 70000; chown 70000:80000 small; chown -h 3:4 short
      fi
      if setfattr -n user.note -v short one 2>/dev/null; then
        setfattr -n user.long -v "$(printf %0500d 7)" dir
        setfattr -n user.b -v 1 inline; setfattr -n user.a -v 22 inline; setfattr -n user.empty inline
        if command -v setfacl >/dev/null; then
          setfacl -m u:1000:rw,g:70000:r one; setfacl -d -m u:1:rwx dir
        fi
      fi
      find . -exec touch -h -d '2030-01-02 03:04:05' {} +
      touch -h -d '1960-01-02 03:04:05' one
      """, "sh", path)
    try #require(result.status == 0, "\(result.errors)")
    return path
  }

  private func make(_ path: String, _ tree: String?, _ arguments: [String]) throws {
    let source = tree.map { ["-d", $0] } ?? []
    let result = try Self.mke2fs.run(["-q", "-F"] + arguments + source + [path, "128M"])
    try #require(result.status == 0, "\(arguments): \(result.errors)")
  }

  private static let variants: [[String]] = [
    ["-t", "ext4"], ["-t", "ext4", "-b", "1024"], ["-t", "ext4", "-b", "2048"],
    ["-t", "ext4", "-b", "65536"],
    ["-t", "ext4", "-b", "16384", "-O", "inline_data"], ["-t", "ext4", "-O", "^extents,^64bit"],
    ["-t", "ext4", "-O", "inline_data"], ["-t", "ext4", "-O", "inline_data", "-I", "1024"],
    ["-t", "ext4", "-O", "^metadata_csum"], ["-t", "ext4", "-O", "^metadata_csum,uninit_bg,^64bit"],
    ["-t", "ext4", "-O", "bigalloc", "-C", "16384"], ["-t", "ext4", "-O", "^resize_inode,meta_bg,^flex_bg"],
    ["-t", "ext4", "-O", "metadata_csum_seed,orphan_file,quota,project,verity,sparse_super2"],
    ["-t", "ext3"], ["-t", "ext3", "-b", "1024"], ["-t", "ext2"], ["-t", "ext2", "-b", "1024"],
    ["-t", "ext2", "-O", "^filetype,^dir_index,^sparse_super,^large_file,^resize_inode"],
    ["-t", "ext2", "-I", "128", "-O", "^ext_attr"],
  ]

  @Test func `every kind of volume reads as the tree it was filled from`() throws {
    let directory = try TemporaryDirectory()
    let tree = try Self.tree(directory)
    for arguments in Self.variants {
      let path = directory.path("volume")
      try make(path, tree, arguments)
      var options = Comparison.Options()
      // mke2fs leaves the root as it was; a volume without room for attributes gets none.
      options.comparesRoot = false
      options.comparesAttributes = !arguments.contains("^ext_attr")
      var source = try DirectoryReader(path: tree)
      var reader = try VolumeReader(ReadOnlyFile(path: path))
      let differences = try reader.differences(from: &source, options)
      #expect(differences == [], "\(arguments)")
      var stream = try VolumeReader(ReadOnlyFile(path: path))
      let streamDifferences = try reader.differences(from: &stream)
      #expect(streamDifferences == [], "\(arguments)")
    }
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `an attribute in an inode of its own is read`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("volume")
    try make(path, nil, ["-t", "ext4", "-O", "ea_inode"])
    let mount = try LoopMount(path, isWritable: true)
    let result = try Self.shell.run(
      "-ec",
      """
      : > "$1"; setfattr -n user.small -v 1 "$1"; setfattr -n user.large -v "$(printf %030000d 7)" "$1"
      """, "sh", mount.path(EntryPath("file")))
    try #require(result.status == 0, "\(result.errors)")
    mount.unmount()
    var reader = try VolumeReader(ReadOnlyFile(path: path))
    #expect(
      try reader.item(at: EntryPath("file")).entry.extendedAttributes == [
        .init(name: Array("user.large".utf8), value: Array(repeating: 0x30, count: 29_999) + [0x37]),
        .init(name: Array("user.small".utf8), value: Array("1".utf8)),
      ])
  }

  @Test func `a journal that was not carried out is told`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("volume")
    try make(path, nil, ["-t", "ext4"])
    _ = try SampleVolume.debugfs.run("-w", "-R", "feature +needs_recovery", path)
    var reader = try VolumeReader(ReadOnlyFile(path: path))
    let needsRecovery = reader.needsRecovery
    #expect(needsRecovery)
    #expect(try reader.samples().count == 1)
  }

  @Test func `a feature that nobody here knows is told, and a journal alone is no volume`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("volume")
    try make(path, nil, ["-O", "journal_dev"])
    let file = try ReadOnlyFile(path: path)
    do throws(Ext4Error) {
      _ = try VolumeReader(file)
      Issue.record("a journal")
    } catch {
      guard case .superblock(let finding) = error else { throw error }
      #expect(finding.kind == .unsupportedFeature && finding.found == 8)
    }
  }
}
