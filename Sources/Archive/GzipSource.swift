// SPDX-License-Identifier: Apache-2.0

/// Inflates a gzip file of one or several members with ISA-L, which checks each member's CRC-32 and size. Parts of a large
/// file are inflated by a second thread (`InflateAhead`).
///
/// Zeros behind the last member are padding, as gzip takes them; anything else there is an error.
///
/// Source: RFC 1952, section 2.2.
@safe
final class GzipSource: ByteSource {
  private let file: ArchiveFile
  private var state = InflateState()
  private var position = Position.beforeFirstMember
  private var failure: ArchiveError?
  let ahead: InflateAhead?
  /// What the second thread has inflated and is to be put out next, from `runOffset` on.
  private var run: InflatedRun?
  private var runOffset = 0
  /// Bytes of the uncompressed stream that the second thread has inflated.
  private(set) var runByteCount: UInt64 = 0
  /// What the last calls of `read` put out, where a run begins soon.
  private var history: [UInt8] = []

  private enum Position { case beforeFirstMember, inMember, behindMember, end }

  init(_ file: ArchiveFile) {
    self.file = file
    ahead = InflateAhead(file)
  }

  /// With one thread alone.
  init(sequentially file: ArchiveFile) {
    self.file = file
    ahead = nil
  }

  deinit { ahead?.end() }

  func read(into target: UnsafeMutableRawBufferPointer) throws(ArchiveError) -> Int {
    var filled = 0
    while failure == nil, position != .end, filled < target.count {
      do throws(ArchiveError) {
        let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: target[filled...])
        switch position {
        case .inMember:
          let done = unsafe UnsafeRawBufferPointer(rebasing: target[..<filled])
          filled += run == nil ? try unsafe inflate(into: rest, behind: done) : unsafe copyRun(into: rest)
        case .beforeFirstMember, .behindMember: try beginMember()
        case .end: break
        }
      } catch {
        failure = error
      }
    }
    if filled == 0, let failure { throw failure }
    unsafe keepHistory(UnsafeRawBufferPointer(rebasing: target[..<filled]))
    return filled
  }

  /// Bytes inflated: 0 where the file has no more, the member has ended, or a run is met.
  ///
  /// - Parameter done: what `read` has put out so far.
  private func inflate(
    into target: UnsafeMutableRawBufferPointer, behind done: UnsafeRawBufferPointer
  ) throws(ArchiveError) -> Int {
    // At the file's end there may still be bytes in the window.
    let hasInput = try file.fill()
    let input = unsafe UnsafeRawBufferPointer(rebasing: file.bytes[..<claim(file.bytes.count)])
    let step = unsafe state.inflate(input, into: target)
    file.consume(step.consumed)
    if let found = step.problem { throw problem(found) }
    if state.isAtEnd {
      position = .behindMember
    } else if !hasInput, step.produced < target.count {
      throw problem(.truncated)
    } else if hasInput, unsafe input.isEmpty, step.produced == 0 {
      try unsafe takeRun(behind: done)
    }
    return step.produced
  }

  private func beginMember() throws(ArchiveError) {
    guard try file.fill() else {
      guard position == .behindMember else { throw problem(.truncated) }
      return position = .end
    }
    if position == .behindMember, unsafe file.bytes[0] != 0x1F { return try skipPadding() }
    state.beginMember()
    position = .inMember
  }

  private func skipPadding() throws(ArchiveError) {
    while try file.fill() {
      guard let index = unsafe file.bytes.firstIndex(where: { $0 != 0 }) else {
        file.consume(unsafe file.bytes.count)
        continue
      }
      file.consume(index)
      throw problem(.trailingBytes)
    }
    position = .end
  }

  private func problem(_ problem: CompressionProblem) -> ArchiveError {
    .compressed(.gzip, path: file.path, offset: file.offset, entry: nil, problem)
  }
}

// MARK: What the second thread has inflated

extension GzipSource {
  /// How many of the next bytes this thread inflates; 0 where a run begins.
  private func claim(_ byteCount: Int) -> Int {
    ahead?.claim(byteCount, at: file.offset) ?? byteCount
  }

  /// Goes over to the run that begins here if it is the right one; otherwise it is gone.
  private func takeRun(behind done: UnsafeRawBufferPointer) throws(ArchiveError) {
    guard let found = ahead?.take(at: file.offset) else { return }
    guard state.isBetweenBlocks(behind: found.window.count), unsafe isWindow(found.window, behind: done)
    else {
      ahead?.giveBack(found)
      return
    }
    try file.skip(to: found.end)
    found.state.continueMember(of: state)
    swap(&state, &found.state)
    run = found
    runOffset = 0
    runByteCount += UInt64(unsafe found.bytes.count)
  }

  /// Whether what was put out last is `window`.
  private func isWindow(_ window: [UInt8], behind done: UnsafeRawBufferPointer) -> Bool {
    let recentCount = min(done.count, window.count)
    let before = history.suffix(window.count - recentCount)
    guard before.count + recentCount == window.count, window.starts(with: before) else { return false }
    return unsafe window.suffix(recentCount).elementsEqual(done.suffix(recentCount))
  }

  private func copyRun(into target: UnsafeMutableRawBufferPointer) -> Int {
    guard let run else { return 0 }
    let rest = unsafe UnsafeRawBufferPointer(rebasing: run.bytes[runOffset...])
    let piece = unsafe UnsafeRawBufferPointer(rebasing: rest.prefix(target.count))
    unsafe target.copyMemory(from: piece)
    unsafe state.count(piece)
    runOffset += piece.count
    if piece.count == rest.count {
      ahead?.giveBack(run)
      self.run = nil
    }
    return piece.count
  }

  /// The window of a run that begins soon reaches back beyond the next call of `read`.
  private func keepHistory(_ bytes: UnsafeRawBufferPointer) {
    let byteCount = DeflateEntryPoint.windowByteCount
    guard let start = ahead?.nextStart, start - file.offset < 2 * byteCount else {
      return history.removeAll(keepingCapacity: true)
    }
    unsafe history.append(contentsOf: bytes.suffix(byteCount))
    history.removeFirst(max(0, history.count - byteCount))
  }
}
