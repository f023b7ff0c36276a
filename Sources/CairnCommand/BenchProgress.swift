// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import Synchronization

/// One line on a terminal that tells what is being measured, rewritten five times a second; nothing in a pipe.
final class BenchProgress: Sendable {
  private let monitor: BenchMonitor
  private let time: Double
  private let start = ContinuousClock.now
  private let isEnded = Mutex(false)

  /// - Parameter time: that all takes together, in seconds.
  init(of monitor: BenchMonitor, time: Double) {
    self.monitor = monitor
    self.time = time
    guard Terminal.showsProgress else { return }
    Thread.detachNewThread { [self] in
      while show(text) { Thread.sleep(forTimeInterval: 0.2) }
    }
  }

  /// Wipes the line. Nothing is shown after it.
  func end() {
    isEnded.withLock { isEnded in
      if !isEnded, Terminal.showsProgress { Terminal.standardError(Terminal.wipe) }
      isEnded = true
    }
  }

  /// False once the line has ended.
  private func show(_ text: String) -> Bool {
    isEnded.withLock { isEnded in
      if !isEnded { Terminal.standardError(Terminal.wipe + text) }
      return !isEnded
    }
  }

  private var text: String {
    let elapsed = Int(start.duration(to: .now) / .seconds(1))
    guard let phase = monitor.phase else { return "preparing" }
    let way = phase.isDirect ? "" : ", through the page cache"
    let block = ByteSize(byteCount: UInt64(phase.blockSize))
    return "\(elapsed) of \(Int(time.rounded(.up))) s: \(phase.label), \(block)\(way)"
  }
}
