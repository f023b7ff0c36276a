// SPDX-License-Identifier: Apache-2.0
internal import Blocks
internal import Devices
internal import PartitionTable
internal import Recipes

/// A card that is put together from a recipe's content.
final class RecipeReading: SourceReading {
  private var builder: CardBuilder
  private var parts: CardBuilder.Parts?
  private let fillsCard: Bool

  init(_ recipe: Recipe, _ content: CardContent, size: UInt64, monitor: BuildMonitor) throws(WriteError) {
    // The same card as an image of this size: identifiers derive from it. A partition table counts up to 2 TiB.
    var recipe = recipe
    let size = min(size, Refusal.largestCardByteCount)
    recipe.size = ByteSize(byteCount: size)
    fillsCard = recipe.dataSize == .rest
    let medium = Medium(byteCount: size, readsAsZero: false)
    do { builder = try CardBuilder(recipe, from: content, for: medium, monitor: monitor) } catch {
      throw WriteError(error, fillsCard: fillsCard, size: size)
    }
  }

  var partitions: [Int: Range<UInt64>] { builder.plan.partitionTable.ranges }

  func writeContent(on ledger: Ledger) throws(WriteError) {
    do { parts = try builder.writeParts(on: ledger) } catch {
      throw WriteError(error, fillsCard: fillsCard, size: ledger.size)
    }
  }

  func writeFirstSector(on ledger: Ledger) throws(WriteError) {
    do { try builder.plan.partitionTable.write(to: ledger) } catch { throw .build(.partitionTable(error)) }
  }

  func summary(on ledger: Ledger) -> CardSummary {
    guard let parts else { preconditionFailure("the content comes first") }
    return .built(builder.summary(of: parts, on: ledger))
  }
}

extension MasterBootRecord {
  /// Of the partitions, by their numbers, in bytes.
  var ranges: [Int: Range<UInt64>] {
    Dictionary(partitions.map { ($0.number, $0.range) }, uniquingKeysWith: { first, _ in first })
  }
}

extension WriteError {
  /// What doesn't fit a card that is as large as it is takes a larger one.
  ///
  /// - Parameters:
  ///   - fillsCard: whether the data partition has what the others leave.
  ///   - size: of the card, in bytes.
  fileprivate init(_ error: BuildError, fillsCard: Bool, size: UInt64) {
    self =
      switch error {
      case .plan(.cardTooSmall(let size, let needed, _)): .cardTooSmall(size: size, needed: needed)
      case .dataPartitionTooSmall(_, _, let cardSize) where fillsCard:
        .cardTooSmall(size: ByteSize(byteCount: size), needed: cardSize)
      default: .build(error)
      }
  }
}
