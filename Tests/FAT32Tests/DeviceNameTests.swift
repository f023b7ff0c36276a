// SPDX-License-Identifier: Apache-2.0
import Entries
import TestSupport
import Testing

@testable import FAT32

@Suite struct DeviceNameTests {
  private func device(_ name: String) -> String? { DeviceName(of: Array(name.utf8)[...])?.description }

  @Test(arguments: ["CON", "PRN", "AUX", "NUL"] + (1...9).flatMap { ["COM\($0)", "LPT\($0)"] })
  func `a device's name is one in any case and with any extension`(name: String) {
    for variant in [name, name.lowercased(), name.capitalized] {
      #expect(device(variant) == name)
      #expect(device(variant + ".txt") == name)
      #expect(device(variant + ".tar.gz") == name)
      #expect(device(variant + "  .x") == name)
    }
  }

  @Test(arguments: [("COM¹", "COM1"), ("com².log", "COM2"), ("Lpt³", "LPT3")])
  func `superscript digits count as Windows counts them`(name: String, expected: String) {
    #expect(device(name) == expected)
  }

  @Test(arguments: [
    "", "C", "CO", "CONS", "console", "null", "aux1", "COM", "COM0", "COM10", "com⁴", "com١", "COMA", "LPT0",
    "lpt",
    ".nul", " nul", "a.nul", "nul_.txt", "bcm2711-rpi-4-b.dtb", "NULé", "ＣＯＮ",
  ])
  func `other names are none`(name: String) {
    #expect(device(name) == nil)
  }

  @Test func `a volume takes no device's name, and says so of all of them at once`() throws {
    let names = ["CON", "prn", "Aux.c", "NUL.txt", "COM9", "com¹", "LPT1.tar.gz"]
    var writer = try SampleVolume().writer()
    for name in names {
      try writer.add(name, [])
      try writer.add(.directory("directory/\(name)"))
    }
    let error = #expect(throws: FAT32Error.self) { try writer.finish() }
    guard case .unrepresentable(let problems) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(problems.count == 2 * names.count)
    for problem in problems {
      guard case .name(_, .deviceName) = problem else {
        Issue.record("\(problem)")
        continue
      }
    }
  }
}
