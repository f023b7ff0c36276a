// SPDX-License-Identifier: Apache-2.0

/// The statistics' part of a report for scripts. Times in seconds.
struct StatisticsReport: Encodable {
  let parts: [PartReport]
  let seconds, readSeconds, decodeSeconds, userSeconds, systemSeconds: Double
  let readBytes, decodedBytes, peakMemory: UInt64
  let readCalls, writeCalls: UInt64?

  init(_ statistics: BuildStatistics) {
    parts = statistics.parts.map(PartReport.init)
    seconds = statistics.seconds.thousandths
    readSeconds = statistics.readSeconds.thousandths
    decodeSeconds = statistics.decodeSeconds.thousandths
    userSeconds = statistics.process.userSeconds.thousandths
    systemSeconds = statistics.process.systemSeconds.thousandths
    readBytes = statistics.readByteCount
    decodedBytes = statistics.decodedByteCount
    peakMemory = statistics.process.peakByteCount
    readCalls = statistics.process.readCallCount
    writeCalls = statistics.process.writeCallCount
  }

  struct PartReport: Encodable {
    let name: String
    let seconds, sourceSeconds, targetSeconds: Double

    init(_ part: BuildStatistics.Part) {
      name = part.name.rawValue
      seconds = part.seconds.thousandths
      sourceSeconds = part.sourceSeconds.thousandths
      targetSeconds = part.targetSeconds.thousandths
    }
  }
}

extension Double {
  fileprivate var thousandths: Double { (self * 1000).rounded() / 1000 }
}
