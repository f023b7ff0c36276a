// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A second thread that inflates parts of a gzip file before it is their turn.
///
/// It looks for an entry point some way ahead of the first thread, inflates from there as much as it has memory for, and
/// goes on to the next. The first thread stops where such a run begins, sees whether it has come to a block's beginning
/// with the same window, and if so takes the run and goes on behind it. Nothing else depends on the second thread: what
/// doesn't fit is dropped, and an error or an end is left to the first thread to come upon.
@safe
final class InflateAhead {
  private let file: ArchiveFile
  private let monitor = Monitor()
  private var thread = pthread_t()
  /// What the second thread looks for entry points in.
  private let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceByteCount, alignment: 4096)

  // Under the lock.
  private var empty = (0..<runCount).map { _ in InflatedRun() }
  /// In the file's order, and none behind the first thread, which stops at each.
  private var ready: [InflatedRun] = []
  /// Where the run begins that is being inflated.
  private var currentStart: UInt64?
  /// Whether the first thread has come to that one, or wants no more of them.
  private var isHurried = false
  /// Up to where the first thread inflates itself, whatever is found.
  private var claimedEnd: UInt64 = 0
  private var isAbandoned = false

  private static let runCount = 3
  /// Bytes of the file that are left to the first thread between two runs.
  private static let gap: UInt64 = 512 << 10
  /// How far the second thread goes ahead of the first one, so that what it has read stays in the page cache.
  private static let farthest: UInt64 = 16 << 20
  private static let pieceByteCount = 256 << 10
  /// More than the stored blocks of a window take: so much two pieces have in common.
  private static let overlap = 128 << 10
  private static let longestStep = 1 << 20
  /// Below, a thread costs more than it gains.
  private static let smallestFile: UInt64 = 4 << 20

  /// Nil where it would gain nothing: for small files and pipes, and where there is one processor.
  init?(_ file: ArchiveFile) {
    guard let byteCount = file.progress.totalByteCount, byteCount >= Self.smallestFile,
      linux_processor_count() > 1
    else { return nil }
    self.file = file
    let number = unsafe pthread_create(
      &thread, nil,
      { ahead in
        if let ahead = unsafe ahead {
          unsafe Unmanaged<InflateAhead>.fromOpaque(ahead).takeUnretainedValue().run()
        }
        return nil
      }, Unmanaged.passUnretained(self).toOpaque())
    // The first thread does it alone then.
    guard number == 0 else { return nil }
  }

  deinit { unsafe piece.deallocate() }

  /// Ends the thread, which refers to this: to be called once, by the owner.
  func end() {
    monitor.locked {
      isAbandoned = true
      isHurried = true
      monitor.wake()
    }
    pthread_join(thread, nil)
  }
}

// MARK: The first thread's side

extension InflateAhead {
  /// How many of the bytes at `offset` the first thread shall inflate itself; 0 where a run begins there.
  func claim(_ byteCount: Int, at offset: UInt64) -> Int {
    monitor.locked {
      claimedEnd = min(firstStart ?? .max, offset + UInt64(byteCount))
      monitor.wake()
      return Int(claimedEnd - offset)
    }
  }

  /// Where the next run begins.
  var nextStart: UInt64? { monitor.locked { firstStart } }

  /// The first thread stops at each run, so that none lies behind it.
  private var firstStart: UInt64? { ready.first?.start ?? currentStart }

  /// The run that begins at `offset`, to be given back; nil where there was no use in it.
  func take(at offset: UInt64) -> InflatedRun? {
    monitor.locked {
      if ready.isEmpty {
        isHurried = true
        monitor.wait { currentStart == nil }
      }
      return ready.first?.start == offset ? ready.removeFirst() : nil
    }
  }

  func giveBack(_ run: InflatedRun) {
    monitor.locked {
      empty.append(run)
      monitor.wake()
    }
  }
}

// MARK: The second thread's side

extension InflateAhead {
  private func run() {
    var target = Self.gap
    while let run = takeEmpty(), let (start, window) = findEntryPoint(from: target) {
      var isUseful = false
      if announce(start) {
        isUseful = run.inflate(file, from: start, behind: window) { monitor.locked { isHurried } }
        target = run.end + Self.gap
      }
      finish(run, isUseful: isUseful)
    }
  }

  /// The first one behind stored blocks at `target` or later: its offset in the file, and the window. Nil where there is
  /// none, or no more are wanted.
  ///
  /// Where there is none for long, as in what gzip could compress, only samples are looked at.
  private func findEntryPoint(from target: UInt64) -> (start: UInt64, window: [UInt8])? {
    var offset = target
    var step = Self.pieceByteCount - Self.overlap
    while let begin = waitForTurn(at: offset) {
      let bytes = unsafe UnsafeRawBufferPointer(rebasing: piece[..<file.read(into: piece, at: begin)])
      if let found = DeflateEntryPoint.first(in: unsafe bytes.bytes) {
        return (begin + UInt64(found.offset), found.window)
      }
      guard unsafe bytes.count == piece.count else { return nil }
      offset = begin + UInt64(step)
      step = min(step + Self.overlap / 2, Self.longestStep)
    }
    return nil
  }

  /// Where to look, behind what the first thread does itself; nil when no more entry points are wanted.
  private func waitForTurn(at offset: UInt64) -> UInt64? {
    monitor.locked {
      monitor.wait { isAbandoned || offset <= claimedEnd + Self.farthest }
      return isAbandoned ? nil : max(offset, claimedEnd + Self.gap)
    }
  }

  /// Nil when no more are wanted.
  private func takeEmpty() -> InflatedRun? {
    monitor.locked {
      monitor.wait { isAbandoned || !empty.isEmpty }
      return isAbandoned ? nil : empty.removeLast()
    }
  }

  /// False where the first thread has passed it.
  private func announce(_ start: UInt64) -> Bool {
    monitor.locked {
      guard start >= claimedEnd, !isAbandoned else { return false }
      currentStart = start
      isHurried = false
      return true
    }
  }

  private func finish(_ run: InflatedRun, isUseful: Bool) {
    monitor.locked {
      if isUseful { ready.append(run) } else { empty.append(run) }
      currentStart = nil
      monitor.wake()
    }
  }
}

// All that changes is touched under the lock; a run belongs to the side that took it until it is handed on.
extension InflateAhead: @unchecked Sendable {}
