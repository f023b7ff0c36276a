// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Foundation
import TestSupport
import Testing

/// What can't be read is named, and the rest comes.
@Suite struct ReaderDamageTests {
  private static let names: [String] = [
    "attributes", "dir", "dir/sub", "dir/sub/loop", "file", "link", "long", "many", "names", "other",
  ]

  /// The errors of a walk through everything, and the names outside "names" that came without one.
  private func walk(_ target: any BlockTarget) throws -> (errors: [Ext4Error], paths: [String]) {
    var reader = try VolumeReader(target)
    var errors: [Ext4Error] = []
    var paths: [String] = []
    while true {
      do throws(Ext4Error) {
        guard let entry = try reader.next() else { return (errors, paths) }
        let path = entry.path.description
        if !path.hasPrefix("names/"), !entry.path.isRoot { paths.append(path) }
        _ = try reader.rest()
      } catch {
        errors.append(error)
      }
    }
  }

  private struct Plant: Sendable {
    let path: String
    let damage: Ext4Error.Damage
    /// Names that are lost with it.
    var lost: [String] = []
    let change: @Sendable (PlantedVolume) -> Void
  }

  private static let plants: [Plant] = [
    Plant(path: "file", damage: .inodeChecksum, lost: ["file"]) { $0.flip($0.inode("file") + 4) },
    Plant(path: "dir", damage: .directoryChecksum, lost: ["dir/sub", "dir/sub/loop"]) {
      $0.flip($0.content("dir") + 40)
    },
    Plant(path: "many", damage: .extentChecksum, lost: ["many"]) { $0.flip($0.content("many") + 100) },
    Plant(path: "attributes", damage: .attributeChecksum, lost: ["attributes"]) {
      $0.flip($0.attributeBlock + 4000)
    },
  ]

  @Test func `a wrong checksum is an error that names the file, and the rest comes`() throws {
    let volume = try PlantedVolume()
    #expect(try walk(volume.target).errors == [])
    #expect(try walk(volume.target).paths == Self.names)
    for plant in Self.plants {
      let inode = UInt32(volume.number(plant.path))
      plant.change(volume)
      let (errors, paths) = try walk(volume.target)
      #expect(errors == [.unreadable(Sample.path(plant.path), inode: inode, plant.damage)])
      #expect(paths == Self.names.filter { !plant.lost.contains($0) }, "\(plant.path)")
      volume.mend()
    }
    volume.flip(PlantedVolume.superblock + 0x78)
    do throws(Ext4Error) {
      _ = try VolumeReader(volume.target)
      Issue.record("a superblock with a wrong checksum")
    } catch {
      guard case .superblock(let finding) = error else { throw error }
      #expect(finding.kind == .superblockChecksum)
    }
  }

  @Test func `a damaged file is one difference among others`() throws {
    let samples: [Sample] = [.file("a", [1]), .file("b", [2]), .file("c", [3])]
    let volume = try SampleVolume(size: 16 << 20, samples)
    _ = try SampleVolume.debugfs.run("-w", "-R", "clri b", volume.path)
    var reader = try VolumeReader(ReadOnlyFile(path: volume.path))
    let differences = try reader.differences(from: samples + [.file("d", [4])])
    #expect(differences.count == 2)
    #expect(differences.first?.hasPrefix("b: can't be read on the volume: b (inode ") == true)
    #expect(differences.last == "d: missing on the volume")
  }

  @Test func `a directory that holds itself is entered once`() throws {
    let volume = try SampleVolume(size: 16 << 20, [.file("dir/sub/file", [1])])
    for request in ["link <2> dir/root", "link dir dir/sub/loop", "link dir/sub/file dir/zzz"] {
      _ = try SampleVolume.debugfs.run("-w", "-R", request, volume.path)
    }
    let (errors, paths) = try walk(ReadOnlyFile(path: volume.path))
    let twice = errors.compactMap { error -> String? in
      guard case .unreadable(let path, _, .directoryTwice) = error else { return nil }
      return path.description
    }
    #expect(twice == ["dir/root", "dir/sub/loop"])
    #expect(errors.count == 2)
    #expect(paths == ["dir", "dir/sub", "dir/sub/file", "dir/zzz"])
  }

  @Test func `a name for an inode that is not in use is told`() throws {
    let volume = try SampleVolume(size: 16 << 20, [.file("file", [1])])
    for request in ["link file again", "clri file"] {
      _ = try SampleVolume.debugfs.run("-w", "-R", request, volume.path)
    }
    let (errors, _) = try walk(ReadOnlyFile(path: volume.path))
    #expect(errors.count == 2)
    for error in errors {
      guard case .unreadable(_, let inode, _) = error else { throw error }
      #expect(inode > 11)
    }
  }

  @Test func `an error of the target is the target's`() throws {
    let volume = try PlantedVolume()
    var count = 0
    for limit in 1... {
      let target = FailingTarget(volume.target, readsUntilFailure: limit)
      do throws(Ext4Error) {
        var reader = try VolumeReader(target)
        while try reader.next() != nil { _ = try reader.rest() }
        break
      } catch {
        #expect(error == .target(FailingTarget.failure))
        count += 1
      }
    }
    #expect(count > 300)
  }

  @Test func `errors say where and what`() {
    let path = EntryPath("a/b")
    #expect(
      Ext4Error.unreadable(path, inode: 12, .inodeChecksum).description
        == "a/b (inode 12): the inode's checksum is wrong")
    #expect(
      Ext4Error.unreadable(path, inode: 12, .blockOutside(7)).description
        == "a/b (inode 12): lies on block 7, which the volume does not have")
  }
}

/// Reads from another target until its n-th read.
private final class FailingTarget: BlockTarget {
  static let failure = BlockError.outOfBounds(offset: 1, byteCount: 2, size: 3)
  private let target: MemoryTarget
  private var readsUntilFailure: Int

  init(_ target: MemoryTarget, readsUntilFailure: Int) {
    self.target = target
    self.readsUntilFailure = readsUntilFailure
  }

  var size: UInt64 { target.size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    readsUntilFailure -= 1
    guard readsUntilFailure > 0 else { throw Self.failure }
    try target.read(into: &bytes, at: offset)
  }

  func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) { throw Self.failure }
  func zero(_ range: Range<UInt64>) throws(BlockError) { throw Self.failure }
  func flush() {}
}
