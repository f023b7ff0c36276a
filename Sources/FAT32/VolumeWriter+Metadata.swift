// SPDX-License-Identifier: Apache-2.0
internal import Blocks

// What is written when all files are: the directories behind the last file, then from the start of the volume
// upwards, and sector 0 last of all.
extension VolumeWriter {
  /// Gives each directory its clusters, in the order of the tree; the root keeps cluster 2 and goes on at the end.
  mutating func placeDirectories() {
    for index in tree.indices.dropFirst() {
      let clusterCount = tree[index].byteCount.dividedRoundingUp(by: geometry.clusterSize)
      tree.place(index, at: table.appendChain(UInt32(clusterCount)))
    }
    tree.place(0, at: BootSector.rootCluster)
    table.appendRootContinuation(UInt32(tree[0].byteCount.dividedRoundingUp(by: geometry.clusterSize) - 1))
  }

  mutating func writeDirectories() throws(BlockError) {
    for index in tree.indices.dropFirst() {
      try stream.append(encoded(tree[index]).bytes)
    }
    try stream.append(encoded(tree[0]).bytes.extracting(droppingFirst: Int(geometry.clusterSize)))
    try stream.flushBuffer()
  }

  func writeMetadata() throws(BlockError) {
    let sectorSize = Int(Geometry.sectorSize)
    let bootRecord = BootRecord(
      BootSector(geometry, label: label, volumeID: volumeID),
      FSInfo(
        freeClusterCount: geometry.clusterCount - UInt32(usedClusterCount),
        nextFreeCluster: table.nextCluster - 1))
    var writer = SequentialWriter(to: target, at: Geometry.sectorSize)
    // Seven sectors first, so that all that follows begins at a multiple of 4 KiB.
    try writer.append(bootRecord.bytes.extracting(sectorSize..<8 * sectorSize))
    try writer.flushBuffer()
    try writer.append(bootRecord.bytes.extracting(droppingFirst: 8 * sectorSize))
    try writer.appendZeros(geometry.fatOffset - writer.offset)
    for _ in 0..<Geometry.fatCount { try table.write(to: &writer, byteCount: geometry.fatSize) }
    try writer.append(encoded(tree[0]).bytes.extracting(first: Int(geometry.clusterSize)))
    try writer.flushBuffer()
    try target.write(bootRecord.bytes.extracting(first: sectorSize), at: 0)
  }

  /// Whole clusters, the last one filled up with zeros.
  private func encoded(_ directory: Directory) -> AlignedBuffer {
    var buffer = AlignedBuffer(byteCount: Int(directory.byteCount.roundedUp(to: geometry.clusterSize)))
    var bytes = buffer.mutableBytes
    directory.encode(into: &bytes, label: label, tree: tree)
    return buffer
  }
}
