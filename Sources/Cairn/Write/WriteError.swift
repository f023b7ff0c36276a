// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Devices
public import Recipes

/// Why a card was not written, or not as it should be.
public enum WriteError: Error, Equatable, Sendable {
  /// The card's content, or the target while the content came onto it.
  case build(BuildError)
  /// The card was not found, is used or must not be written to.
  case device(DeviceError)
  /// The card has fewer bytes than its content takes.
  case cardTooSmall(size: ByteSize, needed: ByteSize)
  /// The image can't be read.
  case image(BlockError)
  case notAnImage(path: String, ImageFault)
  /// The device, outside of the content.
  case target(BlockError)
  /// The device holds less than it says that it does: `size` bytes, as far as can be told.
  case falseCapacity(claimed: UInt64, size: UInt64)
  /// What was read back is not what was written, and was not after writing it again.
  case badRanges([BadRange])
  /// The device was taken out, or gave up.
  case gone(BlockError)

  /// What a file lacks to be an image.
  public enum ImageFault: Equatable, Sendable {
    case tooShort
    case compressed(ImageCompression)
  }
}

/// Bytes of a card that don't hold what they should.
public struct BadRange: Equatable, Sendable {
  /// From the start of the card.
  public let range: Range<UInt64>
  /// Whose bytes they are; nil where that can't be told.
  public let owner: String?

  public init(range: Range<UInt64>, owner: String? = nil) {
    self.range = range
    self.owner = owner
  }
}

extension WriteError {
  /// The error of the target where it is the cause, however deep it lies.
  public var targetError: BlockError? {
    switch self {
    case .build(let error): error.targetError
    case .target(let error), .gone(let error): error
    default: nil
    }
  }

  /// What the error lists, a line each.
  public var problems: [String] {
    switch self {
    case .build(let error): error.problems
    case .badRanges(let ranges): ranges.map(\.description)
    default: []
    }
  }
}

extension BadRange: CustomStringConvertible {
  public var description: String {
    "bytes \(range.lowerBound) to \(range.upperBound - 1)\(owner.map { ": \($0)" } ?? "")"
  }
}

extension WriteError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .build(let error): "\(error)"
    case .device(let error): "\(error)"
    case .cardTooSmall(let size, let needed):
      "the card has \(size), and what it is to hold takes \(needed); take a larger card"
    case .image(let error): "\(error)"
    case .notAnImage(let path, .tooShort): "\(path): has not even one sector; name an image of a card"
    case .notAnImage(let path, .compressed(let compression)):
      "\(path): is compressed (\(compression.rawValue)); unpack it first with \(compression.unpacking)"
    case .target(let error): "\(error)"
    case .falseCapacity(let claimed, let size):
      "the card says that it holds \(ByteSize(byteCount: claimed)), and holds about \(ByteSize(byteCount: size)): "
        + "what is written behind that is lost; take another card"
    case .badRanges(let ranges):
      "the card does not hold what was written to it, from byte \(ranges.first?.range.lowerBound ?? 0) on; "
        + "take another card"
    case .gone(let error): "\(error): the device is gone"
    }
  }
}

/// What a card is after a job that did not come to its end.
public enum CardState: Equatable, Sendable {
  /// As it was before.
  case untouched
  /// It has no partition table, and the next write starts anew.
  case blank
  /// Its old start may be there in parts: wiping it failed.
  case damaged
  /// All content is on it, and it may have its partition table.
  case complete
}

/// A job that did not come to its end, and what the card is now.
public struct WriteFailure: Error, Equatable, Sendable {
  public let error: WriteError
  public let state: CardState

  public init(_ error: WriteError, state: CardState) {
    self.error = error
    self.state = state
  }
}
