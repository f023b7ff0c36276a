// SPDX-License-Identifier: Apache-2.0
public import Blocks
internal import PartitionTable

/// What a comparison of a card with its source found: every byte that the source writes or zeroes was read from the card.
/// Nothing is written.
public struct CardVerification: Sendable {
  /// What the card should hold.
  public let content: CardSummary
  /// Bytes that were compared.
  public let comparedByteCount: UInt64
  /// What differs, ascending; empty for a card that holds what it should.
  public let differences: [BadRange]
  /// The first byte that differs, from the start of the card.
  public let firstDifference: UInt64?

  /// - Throws: complaints about the source, `target` where the card can't be read.
  public init(
    of card: any BlockTarget, against source: CardSource, monitor: BuildMonitor = BuildMonitor()
  ) throws(WriteError) {
    let reading = try source.open(size: card.size, monitor: monitor)
    let comparison = ComparingTarget(card)
    let ledger = Ledger(comparison, monitor: monitor.writes)
    try reading.writeContent(on: ledger)
    try reading.writeFirstSector(on: ledger)
    content = reading.summary(on: ledger)
    comparedByteCount = comparison.comparedByteCount
    firstDifference = comparison.firstDifference
    differences = FileLocator(card: card, partitions: reading.partitions).owners(of: comparison.differences)
  }
}
