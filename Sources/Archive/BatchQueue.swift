// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A piece of the uncompressed stream and what is in it. Whoever took it from the queue is its only owner.
@safe
final class Batch {
  let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: byteCount, alignment: 4096)
  var items: [TarParser.Item] = []

  /// Whole blocks, so that no header lies in two pieces; small enough to stay in the processor's cache.
  static let byteCount = 256 << 10

  deinit { unsafe memory.deallocate() }

  func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(rebasing: memory[range])
  }
}

/// A few batches that go round between two threads: filled by the reading one, used up by the consumer.
@safe
final class BatchQueue {
  private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
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

  init(batchCount: Int = 4) {
    empty = (0..<batchCount).map { _ in Batch() }
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  // MARK: The reading thread's side

  /// Waits for a batch to fill; nil when the consumer has given up.
  func takeEmpty() -> Batch? {
    locked {
      while empty.isEmpty, !isAbandoned { wait() }
      return isAbandoned ? nil : empty.removeLast()
    }
  }

  func put(_ batch: Batch) { locked { filled.append(batch) } }

  func end(_ ending: Ending) { locked { self.ending = ending } }

  // MARK: The consumer's side

  /// Waits for the next batch, or for the end behind the last.
  func takeFilled() -> Taken {
    locked {
      while filled.isEmpty, ending == nil { wait() }
      if let ending, filled.isEmpty { return .ending(ending) }
      return .batch(filled.removeFirst())
    }
  }

  func giveBack(_ batch: Batch) { locked { empty.append(batch) } }

  func abandon() { locked { isAbandoned = true } }

  // MARK: Locking

  /// Both sides never wait at once: there is a batch to fill or one to take. So one signal reaches whoever waits.
  private func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer {
      unsafe pthread_cond_signal(changed)
      unsafe pthread_mutex_unlock(lock)
    }
    return body()
  }

  private func wait() { unsafe pthread_cond_wait(changed, lock) }
}

// All that changes is touched under the lock; a batch belongs to the side that took it until it is handed on.
extension BatchQueue: @unchecked Sendable {}
