// SPDX-License-Identifier: Apache-2.0

/// One piece of work for a thread of the queue: bytes of a window to be written or read, or zeros.
final class Transfer {
  enum Work {
    /// The window's whole runs.
    case write(BlockWindow, runs: [Range<UInt64>])
    case read(BlockWindow)
    case zero
  }

  let work: Work
  /// What of the device it touches.
  let range: Range<UInt64>
  /// Set by the queue once a thread is done with it.
  var isDone = false
  /// What went wrong with a read; a write's is the queue's.
  var failure: BlockError?

  init(_ work: Work, on range: Range<UInt64>) {
    self.work = work
    self.range = range
  }

  var window: BlockWindow? {
    switch work {
    case .write(let window, _), .read(let window): window
    case .zero: nil
    }
  }
}
