// SPDX-License-Identifier: Apache-2.0
internal import Blocks
public import Recipes

/// What a card in a reader is to hold.
public enum CardSource: Equatable, Sendable {
  /// A card put together on the device itself, as large as that is.
  case recipe(Recipe, CardContent)
  /// An image as it stands, from the device's first byte on. Its holes are zeros.
  case image(path: String)
}

extension CardSource {
  /// An input that can't be read twice, as a pipe: complaints about it come when the card's old content is gone.
  public var unrepeatableInput: String? {
    switch self {
    case .recipe(_, let content): content.paths.first { InputSize(of: $0) == .unknown }
    case .image: nil
    }
  }

  /// Begins a reading of the source, from its start.
  ///
  /// - Parameter size: of the device, in bytes.
  func open(size: UInt64, monitor: BuildMonitor) throws(WriteError) -> any SourceReading {
    switch self {
    case .recipe(let recipe, let content):
      try RecipeReading(recipe, content, size: size, monitor: monitor)
    case .image(let path):
      try ImageReading(path: path, size: size, monitor: monitor)
    }
  }
}

/// One reading of a source, from its start to its end, onto a target. The same bytes come each time.
protocol SourceReading: AnyObject {
  /// Where the card's partitions lie, by their numbers, in bytes.
  var partitions: [Int: Range<UInt64>] { get }
  /// Writes everything but the target's first sector.
  func writeContent(on ledger: Ledger) throws(WriteError)
  /// Writes the first sector, after the content.
  func writeFirstSector(on ledger: Ledger) throws(WriteError)
  /// After the first sector.
  func summary(on ledger: Ledger) -> CardSummary
}

/// What came onto a card.
public enum CardSummary: Sendable {
  case built(BuildSummary)
  case copied(ImageSummary)

  /// Bytes that were written and zeroed: what a device has to take.
  public var byteCount: UInt64 {
    switch self {
    case .built(let summary): summary.writtenByteCount + summary.zeroedByteCount
    case .copied(let summary): summary.writtenByteCount + summary.zeroedByteCount
    }
  }
}
