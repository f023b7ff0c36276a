// SPDX-License-Identifier: Apache-2.0

/// One thing that is measured: a pattern, made in one way.
public struct BenchPhase: Hashable, Sendable {
  public enum Kind: String, CaseIterable, Sendable {
    /// 1 MiB blocks, two in flight, from the region's start on: how the speed changes when the card's cache is full.
    case sustainedWrite, sustainedRead
    case sequentialWrite, sequentialRead
    case randomRead, randomWrite
    /// 4 KiB and fdatasync(2).
    case syncedWrite
    /// Small writes as FAT and ext4 make them.
    case fatWrite, ext4Write
  }

  public let kind: Kind
  /// Of an access, in bytes; of the largest where they differ.
  public let blockSize: Int
  /// Threads that each wait for one access.
  public let inFlightCount: Int
  /// Whether it goes round the page cache. Writing that does not is measured with the fdatasync(2) that ends it.
  public let isDirect: Bool

  public init(_ kind: Kind, blockSize: Int, inFlightCount: Int = 1, isDirect: Bool) {
    self.kind = kind
    self.blockSize = blockSize
    self.inFlightCount = inFlightCount
    self.isDirect = isDirect
  }

  public var isWriting: Bool {
    switch kind {
    case .sustainedRead, .sequentialRead, .randomRead: false
    case .sustainedWrite, .sequentialWrite, .randomWrite, .syncedWrite, .fatWrite, .ext4Write: true
    }
  }

  public var isSustained: Bool { kind == .sustainedWrite || kind == .sustainedRead }

  public var pattern: AccessPattern {
    switch kind {
    case .sustainedWrite, .sustainedRead, .sequentialWrite, .sequentialRead: .sequential(blockSize: blockSize)
    case .randomRead, .randomWrite: .random(blockSize: blockSize)
    case .syncedWrite: .synced
    case .fatWrite: .fat
    case .ext4Write: .ext4
    }
  }
}
