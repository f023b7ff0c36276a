// SPDX-License-Identifier: Apache-2.0

/// The SD Association's names for how fast a card is at least. 1 MB is 1,000,000 bytes.
///
/// Sources: SD Association, "Speed Class" and "Application Performance Class" (SD Standard Overview, sdcard.org); SD
/// Specifications Part 1, Physical Layer Simplified Specification.
public enum SpeedClass: String, CaseIterable, Sendable {
  /// Speed Class.
  case c2 = "C2"
  case c4 = "C4"
  case c6 = "C6"
  case c10 = "C10"
  /// UHS Speed Class.
  case u1 = "U1"
  case u3 = "U3"
  /// Video Speed Class.
  case v6 = "V6"
  case v10 = "V10"
  case v30 = "V30"
  case v60 = "V60"
  case v90 = "V90"
  /// Application Performance Class.
  case a1 = "A1"
  case a2 = "A2"

  public enum Family: String, CaseIterable, Sendable {
    case speed = "Speed Class"
    case uhs = "UHS Speed Class"
    case video = "Video Speed Class"
    case application = "Application Performance"
  }

  public var family: Family {
    switch self {
    case .c2, .c4, .c6, .c10: .speed
    case .u1, .u3: .uhs
    case .v6, .v10, .v30, .v60, .v90: .video
    case .a1, .a2: .application
    }
  }

  /// What a measured figure is of.
  public enum Quantity: String, Sendable {
    /// Bytes per second in the slowest second of sustained writing.
    case slowestSecond
    /// Bytes per second of sustained writing, when it has gone on for a while.
    case sustainedWrite
    /// Reads and writes of 4 KiB per second, one after the other.
    case randomRead, randomWrite
    /// The same with as many in flight as is best: A2 counts on the card's command queue.
    case queuedRandomRead, queuedRandomWrite
  }

  /// What the class asks for: at least so many bytes or operations per second.
  public struct Requirement: Equatable, Sendable {
    public let quantity: Quantity
    public let minimum: Double
  }

  public var requirements: [Requirement] {
    switch self {
    case .c2: Self.writing(2)
    case .c4: Self.writing(4)
    case .c6, .v6: Self.writing(6)
    case .c10, .u1, .v10: Self.writing(10)
    case .u3, .v30: Self.writing(30)
    case .v60: Self.writing(60)
    case .v90: Self.writing(90)
    case .a1: Self.application((.randomRead, 1500), (.randomWrite, 500))
    case .a2: Self.application((.queuedRandomRead, 4000), (.queuedRandomWrite, 2000))
    }
  }

  /// What is promised is the mean over any one of the card's allocation units, some megabytes: the slowest second is
  /// near to that.
  private static func writing(_ megabytesPerSecond: Double) -> [Requirement] {
    [Requirement(quantity: .slowestSecond, minimum: megabytesPerSecond * 1e6)]
  }

  private static func application(
    _ reads: (quantity: Quantity, minimum: Double), _ writes: (quantity: Quantity, minimum: Double)
  ) -> [Requirement] {
    [
      Requirement(quantity: reads.quantity, minimum: reads.minimum),
      Requirement(quantity: writes.quantity, minimum: writes.minimum),
      Requirement(quantity: .sustainedWrite, minimum: 10e6),
    ]
  }
}
