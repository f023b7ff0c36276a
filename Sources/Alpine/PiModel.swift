// SPDX-License-Identifier: Apache-2.0

/// A Raspberry Pi that a release has a device tree for, in the order in which people list them.
public enum PiModel: String, CaseIterable, Sendable {
  case one = "1"
  case zero = "Zero"
  case zeroW = "Zero W"
  case zero2W = "Zero 2 W"
  case two = "2"
  case three = "3"
  case threePlus = "3+"
  case four = "4"
  case fourHundred = "400"
  case five = "5"
  case fiveHundred = "500"
  case computeModule0 = "CM0"
  case computeModule1 = "CM1"
  case computeModule2 = "CM2"
  case computeModule3 = "CM3"
  case computeModule4 = "CM4"
  case computeModule4S = "CM4S"
  case computeModule5 = "CM5"
}

extension PiModel: Comparable {
  public static func < (left: PiModel, right: PiModel) -> Bool { left.position < right.position }

  private var position: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

extension PiModel {
  /// The model whose device tree has this file name: "bcm2711-rpi-4-b.dtb" is a Pi 4. Nil for other files.
  ///
  /// The number is the system on a chip; the kernel and the firmware have different ones for the same board.
  init?(deviceTreeName name: String) {
    let parts = name.split(separator: "-", maxSplits: 2)
    guard name.hasSuffix(".dtb"), parts.count == 3, parts[0].hasPrefix("bcm2"), parts[1] == "rpi" else {
      return nil
    }
    self.init(board: parts[2].dropLast(".dtb".count))
  }

  private init?(board: Substring) {
    switch board {
    case "a", "a-plus", "b", "b-plus", "b-rev1", "b-rev2": self = .one
    case "zero": self = .zero
    case "zero-w": self = .zeroW
    case "zero-2", "zero-2-w": self = .zero2W
    case "2-b": self = .two
    case "3-b": self = .three
    case "3-a-plus", "3-b-plus": self = .threePlus
    case "4-b": self = .four
    case "400": self = .fourHundred
    case "5-b": self = .five
    case "500": self = .fiveHundred
    default: self.init(computeModule: board.prefix { $0 != "-" })
    }
  }

  /// By the module alone, whatever carrier board follows: "cm3-io3", "cm5l-cm4io".
  private init?(computeModule: Substring) {
    switch computeModule {
    case "cm", "cm1": self = .computeModule1
    case "cm0": self = .computeModule0
    case "cm2": self = .computeModule2
    case "cm3": self = .computeModule3
    case "cm4": self = .computeModule4
    case "cm4s": self = .computeModule4S
    case "cm5", "cm5l": self = .computeModule5
    default: return nil
    }
  }
}
