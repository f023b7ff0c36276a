// SPDX-License-Identifier: Apache-2.0
public import Ext4

// What flags and recipe files call the choices for the data partition.

extension Recipe.DataSize {
  /// "min", "min+SIZE" or a size.
  public init(_ text: String) throws(DataFormatTextError) {
    let word = "min"
    guard text.hasPrefix(word) else {
      guard let size = ByteSize(text) else { throw .size }
      self = .fixed(size)
      return
    }
    let slack = text.dropFirst(word.count)
    guard !slack.isEmpty else {
      self = .smallest(slack: ByteSize(byteCount: 0))
      return
    }
    guard slack.hasPrefix("+"), let size = ByteSize(String(slack.dropFirst())) else { throw .size }
    self = .smallest(slack: size)
  }
}

extension FeatureSet {
  /// As mke2fs -O has them, changing `standard`, or `oldKernels` where the text begins with "old-kernels".
  public init(option text: String) throws(Ext4Error) {
    let preset = "old-kernels"
    let isPreset = text.hasPrefix(preset)
    try self.init(
      isPreset ? String(text.dropFirst(preset.count)) : text, changing: isPreset ? .oldKernels : .standard)
  }
}

extension Format.Journal {
  /// A journal of a given size: 4 MiB to 40,000 MiB, which is what e2fsck takes for one.
  public init(size: ByteSize) throws(DataFormatTextError) {
    guard (4 << 20...40_000 << 20).contains(size.byteCount) else { throw .journalSize }
    self = .blocks(UInt32(clamping: size.byteCount / Format.blockSize))
  }

  /// "auto", "none" or a size.
  init(_ text: String) throws(DataFormatTextError) {
    switch text {
    case "auto": self = .automatic
    case "none": self = .none
    default:
      guard let size = ByteSize(text) else { throw .journal }
      try self.init(size: size)
    }
  }
}

/// Why a text is no choice for the data partition.
public enum DataFormatTextError: Error, Equatable, Sendable {
  case size
  case journal
  case journalSize
}

extension DataFormatTextError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .size: "give a size such as 512MiB or 4GB, min or min+SIZE"
    case .journal: "give a size such as 64MiB, auto or none"
    case .journalSize: "takes 4MiB to 40000MiB"
    }
  }
}
