// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import Synchronization

/// Turns Ctrl-C, a hang-up and a polite kill into the end of a measurement, of which the result is then printed.
final class BenchSignals: Sendable {
  /// The first signal that came; 0 while there was none.
  private let received = Atomic<Int32>(0)

  var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Takes the signals away from every thread that starts from here on, and gives them to one that waits for them.
  ///
  /// The first asks the measurement to stop after the accesses that are under way. With a second signal the process
  /// ends at once.
  /// - Parameters:
  ///   - work: what comes before the measurement, stopped as well.
  ///   - path: of a file to remove in that case.
  init(stopping monitor: BenchMonitor, _ work: BuildMonitor, removing path: String?) {
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
      work.stop()
      guard unsafe sigwait(&watched, &number) == 0 else { return }
      if let path { _ = unsafe unlink(path) }
      let state = work.cardState?.words ?? "nothing was left behind"
      Terminal.complain("stopped by \(Failure.name(ofSignal: number)) at once; \(state)")
      _exit(128 + number)
    }
  }
}
