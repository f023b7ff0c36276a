// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation
import Synchronization

/// One line on a terminal that tells how far a job is, rewritten ten times a second; nothing in a pipe.
final class ProgressLine: Sendable {
  private let monitor: BuildMonitor
  /// Bytes that a card in a reader will take; nil where that is not known, or an image is made.
  private let expectedByteCount: UInt64?
  private let isEnded = Mutex(false)

  /// - Parameter byteCount: that a card in a reader will take.
  init(of monitor: BuildMonitor, expecting byteCount: UInt64? = nil) {
    self.monitor = monitor
    expectedByteCount = byteCount
    guard Terminal.showsProgress else { return }
    Thread.detachNewThread { [self] in
      var rate = TransferRate()
      while show(text(&rate)) { Thread.sleep(forTimeInterval: 0.1) }
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

  private func text(_ rate: inout TransferRate) -> String {
    if monitor.cardState != nil { return cardText(&rate) }
    let written = "\(ByteSize(byteCount: monitor.writes.writtenByteCount).rounded) written"
    return switch monitor.phase {
    case .boot: "boot partition: \(share.map { "\($0), " } ?? "")\(written)"
    case .data: "data partition: \(share.map { "\($0), " } ?? "")\(written)"
    case .flushing: "flushing to storage: \(written)"
    default: "first look at the inputs: \(share ?? "reading")"
    }
  }

  /// Counted where the bytes are: what the device has said that it has.
  private func cardText(_ rate: inout TransferRate) -> String {
    switch monitor.phase {
    case .examining: return "opening the source"
    case .probing: return "finding out whether the card holds what it claims to"
    case .wiping: return "wiping the card's old partition table and signatures"
    case .boot, .data, .image:
      return rate.text("writing", monitor.writes.storedByteCount, of: expectedByteCount)
    case .flushing: return "waiting for the card to put everything on storage"
    case .verifying:
      return rate.text("reading back", monitor.writes.verifiedByteCount, of: expectedByteCount)
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

/// How fast bytes have come lately.
private struct TransferRate {
  private var samples: [(time: ContinuousClock.Instant, byteCount: UInt64)] = []
  private var task = ""

  /// So far back the rate looks.
  private static let span = Duration.seconds(5)

  /// "writing: 43 %, 18.2 MB/s, 1 min 20 s left"
  mutating func text(_ task: String, _ byteCount: UInt64, of total: UInt64?) -> String {
    if task != self.task { samples = [] }
    self.task = task
    let now = ContinuousClock.now
    samples.append((now, byteCount))
    samples.removeAll { $0.time.duration(to: now) > Self.span }
    var parts: [String] = []
    if let total, total > 0 {
      parts.append("\(min(99, byteCount * 100 / total)) % of \(ByteSize(byteCount: total).rounded)")
    } else {
      parts.append(ByteSize(byteCount: byteCount).rounded)
    }
    if let first = samples.first, byteCount > first.byteCount {
      let seconds = first.time.duration(to: now) / .seconds(1)
      let rate = Double(byteCount - first.byteCount) / seconds
      if seconds > 0.5 {
        parts.append("\((rate / 100_000).rounded() / 10) MB/s")
        if let total, total > byteCount {
          parts.append("\(Self.time(Double(total - byteCount) / rate)) left")
        }
      }
    }
    return "\(task): \(parts.joined(separator: ", "))"
  }

  private static func time(_ seconds: Double) -> String {
    let seconds = Int(seconds.rounded(.up))
    return seconds < 60 ? "\(seconds) s" : "\(seconds / 60) min \(seconds % 60) s"
  }
}
