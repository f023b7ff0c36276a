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
  /// is a pipe with nothing in it, or with a second signal, the process ends at once; but never while a device has yet to
  /// answer, which is said.
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
      Self.waitForDevice(monitor)
      monitor.abandon()
      Terminal.complain("stopped by signal \(number)\(monitor.cardState.map { "; \($0.words)" } ?? "")")
      _exit(128 + number)
    }
  }

  /// Until a device has answered all that it was given. Who takes its answers ends the process then.
  private static func waitForDevice(_ monitor: BuildMonitor) {
    var isSaid = false
    while let pending = monitor.pendingWork {
      if !isSaid { Terminal.complain("stopping; waiting for the card to \(pending.words)") }
      isSaid = true
      Thread.sleep(forTimeInterval: 0.1)
    }
    // Time for the thread that has waited to say how it ended.
    if isSaid { Thread.sleep(forTimeInterval: 5) }
  }
}

extension BuildMonitor.PendingWork {
  fileprivate var words: String {
    switch self {
    case .transfer(let byteCount): "take \(ByteSize(byteCount: byteCount).rounded)"
    case .flush: "put on storage what it has taken"
    case .read: "answer"
    }
  }
}

extension CardState {
  /// What the card is now.
  var words: String {
    switch self {
    case .untouched: "the card is as it was"
    case .damaged: "the card's old content may be damaged; write it anew"
    case .blank: "the card is blank: it has no partition table; write it anew"
    case .complete: "the card's content is whole, but its partition table may not be; write it anew"
    }
  }
}
