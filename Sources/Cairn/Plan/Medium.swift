// SPDX-License-Identifier: Apache-2.0

/// What a plan must know of where the card will be written.
public struct Medium: Equatable, Sendable {
  /// Nil for what gets the size that the recipe wants.
  public var byteCount: UInt64?
  /// Partitions begin at multiples of this many bytes: a power of two, at least 512.
  public var writeAlignment: UInt64
  /// Whether what was never written reads as zero.
  public var readsAsZero: Bool

  public init(byteCount: UInt64?, writeAlignment: UInt64 = Medium.eraseBlockSize, readsAsZero: Bool) {
    self.byteCount = byteCount
    self.writeAlignment = writeAlignment
    self.readsAsZero = readsAsZero
  }

  /// An image file of a given size.
  public static func file(byteCount: UInt64) -> Medium { Medium(byteCount: byteCount, readsAsZero: true) }

  /// An image file as large as the recipe wants it.
  public static let image = Medium(byteCount: nil, readsAsZero: true)

  /// 4 MiB: the erase block of cards, and what the SD Association calls the boundary unit of SDHC and SDXC.
  public static let eraseBlockSize: UInt64 = 4 << 20
}
