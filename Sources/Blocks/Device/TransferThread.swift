// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A thread that works for a queue. The queue ends before its threads go.
final class TransferThread {
  private let thread: pthread_t

  init(for queue: TransferQueue) throws(BlockError) {
    let work = unsafe Unmanaged.passRetained(queue)
    var thread = pthread_t()
    let number = unsafe pthread_create(
      &thread, nil,
      { work in
        guard let work = unsafe work else { return nil }
        unsafe Unmanaged<TransferQueue>.fromOpaque(work).takeRetainedValue().run()
        return nil
      }, work.toOpaque())
    guard number == 0 else {
      unsafe work.release()
      throw .system(.startThread, path: queue.calls.path, offset: nil, number: number)
    }
    self.thread = thread
  }

  deinit { pthread_join(thread, nil) }
}
