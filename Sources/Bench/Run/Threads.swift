// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Synchronization

/// The same work in several threads at once, all ended when it returns.
enum Threads {
  /// - Throws: `noThread`, after those that could be started have ended.
  static func run(_ count: Int, _ work: @escaping @Sendable () -> Void) throws(BenchError) {
    // One needs no thread of its own, and a first access without the time that one takes to start.
    guard count > 1 else { return work() }
    var threads: [pthread_t] = []
    var failure: BenchError?
    let box = Work(work)
    while threads.count < count, failure == nil {
      do throws(BenchError) { threads.append(try start(box)) } catch { failure = error }
    }
    for thread in threads { pthread_join(thread, nil) }
    if let failure { throw failure }
  }

  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private static func start(_ work: Work) throws(BenchError) -> pthread_t {
    let retained = unsafe Unmanaged.passRetained(work)
    var thread = pthread_t()
    let number = unsafe pthread_create(
      &thread, nil,
      { work in
        guard let work = unsafe work else { return nil }
        unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().run()
        return nil
      }, retained.toOpaque())
    guard number == 0 else {
      unsafe retained.release()
      throw .noThread(number: number)
    }
    return thread
  }
}
