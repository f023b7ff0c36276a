// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A lock, and waiting for what it guards to change.
///
/// Source: pthread_cond_wait(3).
@safe
final class Monitor: Sendable {
  private nonisolated(unsafe) let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private nonisolated(unsafe) let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init() {
    unsafe pthread_mutex_init(lock, nil)
    unsafe pthread_cond_init(changed, nil)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(lock)
    unsafe changed.deallocate()
    unsafe lock.deallocate()
  }

  func locked<Result>(_ body: () -> Result) -> Result {
    unsafe pthread_mutex_lock(lock)
    defer { unsafe pthread_mutex_unlock(lock) }
    return body()
  }

  /// Within `locked`: gives the lock up until it is so.
  func wait(until isTrue: () -> Bool) {
    while !isTrue() { unsafe pthread_cond_wait(changed, lock) }
  }

  /// Within `locked`: whoever waits looks again. For two threads, of which one waits at a time.
  func wake() { unsafe pthread_cond_signal(changed) }
}
