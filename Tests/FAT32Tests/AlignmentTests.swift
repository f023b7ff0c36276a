// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Testing

@testable import FAT32

/// Cards and direct I/O want blocks of 4 KiB, whatever the size of clusters.
@Suite struct AlignmentTests {
  @Test func `files on clusters of 512 bytes are written in whole blocks`() throws {
    let disk = WriteRecorder(size: 48 << 20)
    let volume = 4 << 20..<(4 << 20) + Geometry.smallestVolumeSize as Range<UInt64>
    let geometry = try Geometry(volumeSize: Geometry.smallestVolumeSize, hiddenSectorCount: 8192)
    #expect(geometry.clusterSize == 512)
    var writer = try VolumeWriter(sample: TargetSlice(of: disk, range: volume), geometry)
    for number in 0..<1000 { try writer.add("dir/file \(number)", sampleBytes(number * 7 % 3001)) }
    try writer.finish()
    let data = volume.lowerBound + geometry.offset(ofCluster: 3)
    let writes = disk.writes.filter { $0.lowerBound >= data }
    #expect(writes.count > 4)
    #expect(writes.first?.lowerBound == data)
    for (write, next) in zip(writes, writes.dropFirst()) {
      #expect(write.upperBound == next.lowerBound)
      #expect(next.lowerBound % 4096 == 0)
    }
  }
}

/// Notes where it is written.
private final class WriteRecorder: BlockTarget {
  let size: UInt64
  var writes: [Range<UInt64>] = []

  init(size: UInt64) { self.size = size }

  func read(into bytes: inout MutableRawSpan, at offset: UInt64) {}
  func write(_ bytes: RawSpan, at offset: UInt64) {
    writes.append(offset..<offset + UInt64(bytes.byteCount))
  }
  func zero(_ range: Range<UInt64>) {}
  func flush() {}
}
