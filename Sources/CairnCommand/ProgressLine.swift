// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import Synchronization

/// One line on a terminal that tells how far a build is, rewritten ten times a second; nothing in a pipe.
final class ProgressLine: Sendable {
  private let monitor: BuildMonitor
  private let isEnded = Mutex(false)

  init(of monitor: BuildMonitor) {
    self.monitor = monitor
    guard Terminal.showsProgress else { return }
    Thread.detachNewThread { [self] in
      while show(text) { Thread.sleep(forTimeInterval: 0.1) }
    }
  }

  /// Wipes the line. Nothing is shown after it.
  func end() {
    isEnded.withLock { isEnded in
      isEnded = true
      if Terminal.showsProgress { Terminal.standardError(Terminal.wipe) }
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
    let written = "\(ByteSize(byteCount: monitor.writes.writtenByteCount).rounded) written"
    switch monitor.phase {
    case .examining: return "first look at the inputs: \(share ?? "reading")"
    case .boot: return "boot partition: \(share.map { "\($0), " } ?? "")\(written)"
    case .data: return "data partition: \(share.map { "\($0), " } ?? "")\(written)"
    case .flushing: return "flushing to storage: \(written)"
    }
  }

  /// "62 % of 104.2 MiB read", where the size of the source is known.
  private var share: String? {
    guard let source = monitor.sourceProgress, let total = source.totalByteCount, total > 0 else {
      return nil
    }
    let percent = min(100, source.consumedByteCount * 100 / total)
    return "\(percent) % of \(ByteSize(byteCount: total).rounded) read"
  }
}
