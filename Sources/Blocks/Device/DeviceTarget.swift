// SPDX-License-Identifier: Apache-2.0

/// A block device, or a file that stands for one, written at its own speed: past the page cache, in large
/// pieces, several of them under way at a time.
///
/// Pieces of any size and alignment come together in windows of the device; a window that is full is written
/// at once, others when the writers have gone elsewhere. A block of which only a part has come waits for the
/// rest until `flush`, which takes what is missing from the device: a byte that nobody wrote stays what it
/// was.
///
/// The first write that fails is thrown by the next call and by every one after it, with the offset and what
/// the system said. From then on, and once `monitor` says stop, no write is issued; a call that throws has
/// waited for what was. What `flush` has not put on the device is lost when the target goes.
public final class DeviceTarget: BlockTarget {
  public let size: UInt64
  /// Bytes that the device has taken, bytes that it has yet to answer, and the way to stop.
  public let monitor: WriteMonitor
  /// Whether transfers go past the page cache.
  public let isDirect: Bool
  /// What the device takes whole, in bytes: 1 where transfers aren't direct.
  let blockSize: Int
  private let windowSize: UInt64
  private let queue: TransferQueue
  private var threads: [TransferThread] = []
  /// Windows that are being filled, the last used one last.
  private var open: [BlockWindow] = []
  private var partial = PartialBlocks()
  /// Zeros that have not been handed to the queue: whole windows.
  private var zeros: Range<UInt64>?
  private var readAheads: [Transfer] = []
  private var bounce: AlignedBuffer

  /// How zeros get there.
  public enum Zeroing: Sendable {
    /// As zeros.
    case written
    /// By a request that sends none: BLKZEROOUT, or a hole in a file. Written where the system has no such
    /// thing.
    case offloaded
  }

  /// How a device is written to.
  public struct Options: Sendable {
    /// Go past the page cache where that can be.
    public var isDirect = true
    /// Bytes in a piece, a multiple of 4,096: 1 MiB lets the kernel fill every request of the device.
    public var windowSize = 1 << 20
    /// Pieces under way at a time, 1 to 4: a second one keeps the device busy while the first is answered.
    public var threadCount = 3
    public var zeroing = Zeroing.offloaded

    public init() {}
  }

  /// Windows that are filled at the same time: content here, directories there.
  private static let openCount = 4
  /// Windows read ahead of who reads.
  private static let readAheadCount = 2
  /// Windows of zeros that a thread gets at a time: handing over a window takes longer than zeroing it may.
  private static let zeroedWindowCount: UInt64 = 64
  /// Blocks that may wait for their rest.
  private static let partialCount = 1024

  /// - Parameters:
  ///   - file: open for reading and writing; the target uses the open file under a descriptor of its own, and
  ///     sets O_DIRECT on it while it lasts.
  ///   - monitor: tells how far the device is; its `stop()` ends the writing.
  /// - Throws: `system` where the file can't be looked at, `notARegularFile` where it is neither a file nor a
  ///   block device.
  public convenience init(
    _ file: borrowing FileDescriptor, options: Options = Options(), monitor: WriteMonitor = WriteMonitor()
  ) throws(BlockError) {
    let device = try DeviceFile(file.duplicate(), isDirect: options.isDirect)
    try self.init(
      device, size: device.size, blockSize: device.blockSize, isDirect: device.isDirect, options: options,
      monitor: monitor)
  }

  init(
    _ calls: any DeviceCalls, size: UInt64, blockSize: Int, isDirect: Bool, options: Options,
    monitor: WriteMonitor
  ) throws(BlockError) {
    precondition(options.windowSize > 0 && options.windowSize % max(4096, blockSize) == 0, "whole blocks")
    precondition((1...4).contains(options.threadCount), "1 to 4 threads")
    self.size = size
    self.blockSize = blockSize
    self.isDirect = isDirect
    self.monitor = monitor
    windowSize = UInt64(options.windowSize)
    bounce = AlignedBuffer(byteCount: options.windowSize)
    // One for each thread, one that waits.
    queue = TransferQueue(
      calls, windowCount: Self.openCount + options.threadCount + 1, windowSize: options.windowSize,
      zeroing: options.zeroing, monitor: monitor)
    for _ in 0..<options.threadCount { threads.append(try TransferThread(for: queue)) }
  }

  deinit { queue.end() }

  public func write(_ bytes: RawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    try queue.check()
    var rest = bytes
    var position = offset
    while rest.byteCount > 0 {
      let window = try window(at: position)
      let count = Int(min(UInt64(rest.byteCount), window.range.upperBound - position))
      window.store(rest.extracting(first: count), at: position)
      if window.isFull { try submit(window) }
      rest = rest.extracting(droppingFirst: count)
      position += UInt64(count)
    }
  }

  /// Makes `range` read as zero: whole windows as the options say, the rest by writing.
  public func zero(_ range: Range<UInt64>) throws(BlockError) {
    try checkBounds(range)
    try queue.check()
    let first = min(range.lowerBound.roundedUp(to: windowSize), range.upperBound)
    let last = range.upperBound == size ? size : range.upperBound.roundedDown(to: windowSize)
    guard first < last else { return try gatherZeros(range) }
    try gatherZeros(range.lowerBound..<first)
    try zeroWindows(first..<last)
    try gatherZeros(last..<range.upperBound)
  }

  /// Reads from the device, and over it what has yet to get there.
  public func read(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    try checkBounds(offset, bytes.byteCount)
    try queue.check()
    guard bytes.byteCount > 0 else { return }
    let range = offset..<offset + UInt64(bytes.byteCount)
    if let zeros, zeros.overlaps(range) { try submitZeros() }
    if !takeReadAhead(range, into: &bytes) { try readDevice(into: &bytes, at: offset) }
    partial.overlay(&bytes, at: offset)
    for window in open { window.overlay(&bytes, at: offset) }
  }

  /// Hands over all that there is, waits for the device, and has it put everything on storage.
  public func flush() throws(BlockError) {
    try queue.check()
    try submitZeros()
    try settle()
    try queue.wait(for: 0..<size)
    if case .failed(let number) = queue.calls.flush() {
      queue.fail(.system(.flush, path: queue.calls.path, offset: nil, number: number))
    }
    try queue.check()
  }

  /// Takes writes again after one has failed: for putting back what stood there before. What had not been
  /// written by then is forgotten.
  public func resume() {
    open = []
    partial.removeAll()
    zeros = nil
    readAheads = []
    queue.reset()
  }
}

// Windows that are being filled.
extension DeviceTarget {
  /// The window that `offset` lies in, opened if it isn't.
  private func window(at offset: UInt64) throws(BlockError) -> BlockWindow {
    if let index = open.lastIndex(where: { $0.range.contains(offset) }) {
      if index != open.count - 1 { open.append(open.remove(at: index)) }
      return open[open.count - 1]
    }
    let start = offset.roundedDown(to: windowSize)
    let range = start..<min(size, start + windowSize)
    if let zeros, zeros.overlaps(range) { try submitZeros() }
    // Whoever goes on from the window before this one is through with that.
    if let passed = open.first(where: { $0.range.upperBound == start }) { try submit(passed) }
    if open.count == Self.openCount { try submit(open[0]) }
    let window = try queue.takeWindow()
    window.begin(range)
    partial.move(into: window)
    open.append(window)
    return window
  }

  /// Closes a window: its whole blocks go to the queue, the others wait.
  private func submit(_ window: BlockWindow) throws(BlockError) {
    open.removeAll { $0 === window }
    for block in window.partialBlocks(blockSize: blockSize) { partial.keep(block, of: window) }
    let runs = window.wholeRuns(blockSize: blockSize)
    if let first = runs.first, let last = runs.last {
      try submitZeros()
      try enqueue(Transfer(.write(window, runs: runs), on: first.lowerBound..<last.upperBound))
    } else {
      queue.giveBack(window)
    }
    if partial.count > Self.partialCount { try settle() }
  }

  /// Completes all blocks and hands everything over, ascending.
  private func settle() throws(BlockError) {
    for start in windowStarts {
      let window = try window(at: start)
      try complete(window)
      try submit(window)
    }
  }

  /// Where the windows begin that have something to be written, ascending.
  private var windowStarts: [UInt64] {
    var starts = Set(open.map(\.range.lowerBound))
    for offset in partial.offsets { starts.insert(offset.roundedDown(to: windowSize)) }
    return starts.sorted()
  }

  /// Takes from the device what the window's blocks lack.
  private func complete(_ window: BlockWindow) throws(BlockError) {
    for block in window.partialBlocks(blockSize: blockSize) {
      try queue.wait(for: block)
      if let error = bounce.fill(0..<blockSize, from: block.lowerBound, by: queue.calls) { throw error }
      window.complete(block, with: bounce)
    }
  }
}

extension DeviceTarget {
  /// Hands over a change; what was read ahead of it is stale.
  private func enqueue(_ transfer: Transfer) throws(BlockError) {
    dropReadAheads { $0.range.overlaps(transfer.range) }
    try queue.submit(transfer)
  }
}

// Zeros.
extension DeviceTarget {
  /// Zeros that don't fill a window come together with what else is there.
  private func gatherZeros(_ range: Range<UInt64>) throws(BlockError) {
    var position = range.lowerBound
    while position < range.upperBound {
      let window = try window(at: position)
      let end = min(range.upperBound, window.range.upperBound)
      window.zero(position..<end)
      if window.isFull { try submit(window) }
      position = end
    }
  }

  /// Takes note of whole windows; what was to be written there is forgotten.
  private func zeroWindows(_ range: Range<UInt64>) throws(BlockError) {
    for window in open where window.range.overlaps(range) { queue.giveBack(window) }
    open.removeAll { $0.range.overlaps(range) }
    partial.remove(in: range)
    if let known = zeros, known.upperBound == range.lowerBound {
      zeros = known.lowerBound..<range.upperBound
    } else {
      try submitZeros()
      zeros = range
    }
  }

  private func submitZeros() throws(BlockError) {
    guard let range = zeros else { return }
    zeros = nil
    var start = range.lowerBound
    while start < range.upperBound {
      let end = min(range.upperBound, start + Self.zeroedWindowCount * windowSize)
      try enqueue(Transfer(.zero, on: start..<end))
      start = end
    }
  }
}

// Reading.
extension DeviceTarget: ReadAheadTarget {
  public func readAhead(_ range: Range<UInt64>) {
    let unit = UInt64(blockSize)
    guard range.upperBound <= size, readAheads.count < Self.readAheadCount else { return }
    let blocks = range.lowerBound.roundedDown(to: unit)..<range.upperBound.roundedUp(to: unit)
    guard !blocks.isEmpty, UInt64(blocks.count) <= windowSize else { return }
    do throws(BlockError) {
      if let zeros, zeros.overlaps(blocks) { try submitZeros() }
      let window = try queue.takeWindow()
      window.begin(blocks)
      let transfer = Transfer(.read(window), on: blocks)
      try queue.submit(transfer)
      readAheads.append(transfer)
    } catch {
      // The queue has it, and the next call throws it.
    }
  }

  /// False where nothing was read ahead, or reading failed: it is tried again.
  private func takeReadAhead(
    _ range: Range<UInt64>, into bytes: inout MutableRawSpan
  ) -> Bool {
    guard
      let index = readAheads.firstIndex(where: {
        $0.range.lowerBound <= range.lowerBound && range.upperBound <= $0.range.upperBound
      })
    else { return false }
    let transfer = readAheads.remove(at: index)
    guard let window = transfer.window else { return false }
    defer { queue.giveBack(window) }
    guard queue.finish(transfer) == nil else { return false }
    window.overlay(&bytes, at: range.lowerBound)
    return true
  }

  private func dropReadAheads(where isStale: (Transfer) -> Bool) {
    for transfer in readAheads where isStale(transfer) {
      queue.finish(transfer)
      if let window = transfer.window { queue.giveBack(window) }
    }
    readAheads.removeAll(where: isStale)
  }

  private func readDevice(into bytes: inout MutableRawSpan, at offset: UInt64) throws(BlockError) {
    let end = offset + UInt64(bytes.byteCount)
    try queue.wait(for: offset..<end)
    var position = offset
    while position < end {
      let start = position.roundedDown(to: UInt64(blockSize))
      let stop = min(end.roundedUp(to: UInt64(blockSize)), start + windowSize)
      if let error = bounce.fill(0..<Int(stop - start), from: start, by: queue.calls) { throw error }
      let last = min(end, stop)
      bytes.store(
        bounce.bytes.extracting(Int(position - start)..<Int(last - start)), at: Int(position - offset))
      position = last
    }
  }
}
