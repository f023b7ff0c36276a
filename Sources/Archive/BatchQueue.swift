// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A piece of the uncompressed stream and what is in it. Whoever took it from the queue is its only owner.
@safe
final class Batch {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
  var items: [TarParser.Item] = []

  /// Whole blocks, so that no header lies in two pieces; small enough to stay in the processor's cache.
  static let byteCount = 128 << 10

  deinit { unsafe memory.deallocate() }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[range])
  }
}

/// A few batches that go round between two threads: filled by the reading one, used up by the consumer.
///
/// Who has to wait sleeps until half of them are there: to be woken for every single one costs more than using it up.
@safe
final class BatchQueue {
  private let wakingCount: Int
  /// Both sides never wait at once: all batches are empty where one does, and none where the other does.
  private let monitor = Monitor()
  private var empty: [Batch]
  private var filled: [Batch] = []
  private var ending: Ending?
  private var isAbandoned = false

  /// How the stream ended.
  enum Ending {
    case complete
    case failed(ArchiveError)
  }

  /// What the consumer gets.
  enum Taken {
    case batch(Batch)
    case ending(Ending)
  }

  init(batchCount: Int) {
    wakingCount = batchCount / 2
    empty = (0..<batchCount).map { _ in Batch() }
  }

  // MARK: The reading thread's side

  /// Waits for batches to fill; nil when the consumer has given up.
  func takeEmpty() -> Batch? {
    monitor.locked {
      if empty.isEmpty { monitor.wait { isAbandoned || empty.count >= wakingCount } }
      return isAbandoned ? nil : empty.removeLast()
    }
  }

  func put(_ batch: Batch) {
    monitor.locked {
      filled.append(batch)
      if filled.count >= wakingCount { monitor.wake() }
    }
  }

  func end(_ ending: Ending) {
    monitor.locked {
      self.ending = ending
      monitor.wake()
    }
  }

  // MARK: The consumer's side

  /// Waits for the next batches, or for the end behind the last.
  func takeFilled() -> Taken {
    monitor.locked {
      if filled.isEmpty { monitor.wait { ending != nil || filled.count >= wakingCount } }
      if let ending, filled.isEmpty { return .ending(ending) }
      return .batch(filled.removeFirst())
    }
  }

  func giveBack(_ batch: Batch) {
    monitor.locked {
      empty.append(batch)
      if empty.count >= wakingCount { monitor.wake() }
    }
  }

  func abandon() {
    monitor.locked {
      isAbandoned = true
      monitor.wake()
    }
  }
}

// All that changes is touched under the lock; a batch belongs to the side that took it until it is handed on.
extension BatchQueue: @unchecked Sendable {}
