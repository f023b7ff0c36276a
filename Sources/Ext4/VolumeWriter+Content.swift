// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries

extension VolumeWriter {
  public mutating func append(_ bytes: RawSpan) throws(Ext4Error) {
    content.receivedByteCount += UInt64(bytes.byteCount)
    switch content.expectation {
    case .ignored: return
    case .any: content.grow(from: &space)
    case .exactly(let announced):
      guard content.receivedByteCount <= announced else { throw wrongContentSize(announced) }
    }
    guard isWriting else { return }
    var rest = bytes
    while rest.byteCount > 0 {
      let range = content.ranges[content.rangeIndex]
      try advance(to: max(content.position, range.lowerBound))
      let end = min(content.extentEnd, range.upperBound)
      let count = Int(min(UInt64(rest.byteCount), end - content.position))
      try writing { stream throws(BlockError) in try stream.append(rest.extracting(first: count)) }
      content.position += UInt64(count)
      if content.position == range.upperBound { content.rangeIndex += 1 }
      rest = rest.extracting(droppingFirst: count)
    }
  }

  /// Takes blocks for a file's bytes and says in `inode` where they are.
  mutating func placeContent(_ shape: Entry.Content, of number: UInt32, in inode: inout Inode) {
    content.place(shape, of: number)
    inode.size = shape.size
    inode.blockCount += content.takeBlocks(from: &space)
    placeExtents(in: &inode)
    content.position = content.extents.first.map { $0.logical * Format.blockSize } ?? 0
  }

  /// Takes blocks for all of a file and makes a target of them, whose bytes are only counted where there is no
  /// room.
  mutating func placeImage(of entry: Entry, _ inode: Inode, number: UInt32) throws(Ext4Error) {
    guard case .regular(let shape) = entry.kind else { return }
    if isWriting { try writing { stream throws(BlockError) in try stream.flushBuffer() } }
    var extents: [Extent] = []
    space.take(shape.size.dividedRoundingUp(by: Format.blockSize), for: 0, into: &extents)
    let volume: any BlockTarget = isWriting ? target : NullTarget(size: .max)
    do throws(BlockError) {
      content.place(try FileTarget(on: volume, size: shape.size, extents), inode, number: number)
    } catch { throw .target(error) }
  }

  /// Takes blocks for the extents that the inode has no room for.
  ///
  /// - Parameter areDivided: whether what is in the file divides them.
  mutating func placeExtents(in inode: inout Inode, areDivided: Bool = false) {
    let nodeCount = ExtentNode.blockCount(extentCount: content.extents.count)
    for _ in 0..<nodeCount {
      if let block = space.takeNode(isOfContent: areDivided) { content.nodeBlocks.append(block) }
    }
    inode.blockCount += UInt64(nodeCount)
    guard nodeCount > 0 else {
      inode.body = .extents(ExtentNode(entries: content.extents))
      return
    }
    guard content.nodeBlocks.count == nodeCount else { return }
    let (nodes, root) = ExtentNode.tree(of: content.extents, in: content.nodeBlocks)
    content.nodes = nodes
    inode.body = .extents(root)
  }

  /// Fills the last entry's blocks up; throws where bytes of it are missing.
  mutating func finishContent() throws(Ext4Error) {
    if case .exactly(let announced) = content.expectation, content.receivedByteCount != announced {
      throw wrongContentSize(announced)
    }
    if isWriting, !content.extents.isEmpty { try advance(to: content.blockCount * Format.blockSize) }
    if let inode = content.openInode.take() { try close(inode) }
    guard isWriting, !content.extents.isEmpty else { return }
    try writeNodes()
    content.extents.removeAll(keepingCapacity: true)
  }

  /// Completes the inode of a file that had to come to its end first.
  private mutating func close(_ inode: consuming Inode) throws(Ext4Error) {
    let image = content.image.take()
    if let image {
      inode.size = image.size
      do throws(BlockError) { content.extents = try image.close() } catch { throw .target(error) }
    } else {
      inode.size = content.receivedByteCount
    }
    if inode.size > largestFileSize {
      problems.append(
        Problem(path: content.path, reason: .fileTooLarge(size: inode.size, largestSize: largestFileSize)))
    }
    inode.blockCount += content.blockCount
    placeExtents(in: &inode, areDivided: image != nil)
    storeInode(inode, number: content.inode)
  }

  mutating func writeNodes() throws(Ext4Error) {
    let seed = geometry.checksumSeed(ofInode: content.inode)
    for (node, block) in zip(content.nodes, content.nodeBlocks) {
      var buffer = AlignedBuffer(byteCount: Int(Format.blockSize))
      var bytes = buffer.mutableBytes
      node.encode(intoBlock: &bytes, seed: seed)
      try write(buffer.bytes, atBlock: block)
    }
  }

  /// Brings the stream to an offset in the file that lies in one of its extents, or ends the last one: fills
  /// up with zeros within extents, and leaves out what lies between them.
  private mutating func advance(to offset: UInt64) throws(Ext4Error) {
    while true {
      try moveStream()
      let end = content.extentEnd
      if content.position < offset {
        let count = min(offset, end) - content.position
        try writing { stream throws(BlockError) in try stream.appendZeros(count) }
        content.position += count
      }
      guard content.position == end, content.extentIndex + 1 < content.extents.count else { return }
      content.extentIndex += 1
      content.position = content.extents[content.extentIndex].logical * Format.blockSize
    }
  }

  /// Puts the stream where the position lies on the volume.
  private mutating func moveStream() throws(Ext4Error) {
    let extent = content.extents[content.extentIndex]
    let offset = extent.physical * Format.blockSize + content.position - extent.logical * Format.blockSize
    if stream.offset != offset {
      try writing { stream throws(BlockError) in try stream.move(to: offset) }
    }
  }

  private func wrongContentSize(_ announced: UInt64) -> Ext4Error {
    .wrongContentSize(path: content.path, announced: announced, received: content.receivedByteCount)
  }
}

// What goes to the target at once.
extension VolumeWriter {
  mutating func writing(
    _ body: (inout SequentialWriter) throws(BlockError) -> Void
  ) throws(Ext4Error) {
    do throws(BlockError) { try body(&stream) } catch { throw .target(error) }
  }

  /// Writes a block among the files' content.
  mutating func write(_ bytes: RawSpan, atBlock block: UInt64) throws(Ext4Error) {
    do throws(BlockError) {
      try stream.move(to: block * Format.blockSize)
      try stream.append(bytes)
    } catch { throw .target(error) }
  }

  /// Writes a block whose rest is zero, where there is a place for it.
  mutating func write(_ bytes: [UInt8], atBlock block: UInt64?) throws(Ext4Error) {
    guard isWriting, let block else { return }
    var buffer = AlignedBuffer(byteCount: Int(Format.blockSize))
    var all = buffer.mutableBytes
    all.store(bytes, at: 0)
    try write(buffer.bytes, atBlock: block)
  }
}
