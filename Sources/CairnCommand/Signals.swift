// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import Synchronization

/// Turns Ctrl-C, a hang-up and a polite kill into the build's own stop, so that nothing is left behind.
final class SignalWatch: Sendable {
  /// The first signal that came; 0 while there was none.
  private let received = Atomic<Int32>(0)

  var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Takes the signals away from every thread that starts from here on, and gives them to one that waits for them.
  ///
  /// The first asks the build to stop at its next write. Where that does not come within a second, as when the source
  /// is a pipe with nothing in it, or with a second signal, the process ends at once.
  init(stopping monitor: BuildMonitor) {
    var signals = sigset_t()
    unsafe sigemptyset(&signals)
    for number in [SIGINT, SIGTERM, SIGHUP] { unsafe sigaddset(&signals, number) }
    unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
    let watched = signals
    Thread.detachNewThread { [self] in
      var watched = watched
      var number: Int32 = 0
      guard unsafe sigwait(&watched, &number) == 0 else { return }
      received.store(number, ordering: .relaxed)
      monitor.stop()
      var second = timespec(tv_sec: 1, tv_nsec: 0)
      _ = unsafe sigtimedwait(&watched, nil, &second)
      monitor.abandon()
      Terminal.complain("stopped by signal \(number)")
      _exit(128 + number)
    }
  }
}
