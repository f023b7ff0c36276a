// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// What latencies and deadlines are measured by: nanoseconds from some point in the past.
struct MeasuringClock: Sendable {
  /// Called by several threads, once an access.
  let now: @Sendable () -> UInt64

  /// The system's, which takes about 30 ns a call.
  static let monotonic = MeasuringClock { linux_monotonic_nanoseconds() }
}
