// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Devices

/// Whatever stands in the system's files, there is a list or an error, never a crash.
@Suite struct SystemTreeFuzzTests {
  @Test func `files of any content are read or refused`() throws {
    var generator = SeededGenerator()
    let machine = try FakeMachine()
    try machine.addEncryptedSystem()
    try machine.addStick()
    try machine.addCard(type: "SD")
    try machine.disk(
      "loop3", "7:3", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/dev/sdb"])
    let paths = try FileManager.default.subpathsOfDirectory(atPath: machine.root)
      .map { machine.root + "/" + $0 }
      .filter {
        (try? FileManager.default.attributesOfItem(atPath: $0))?[.type] as? FileAttributeType == .typeRegular
      }.sorted()
    try #require(paths.count > 50)
    for _ in 0..<300 {
      let url = URL(fileURLWithPath: try #require(paths.randomElement(using: &generator)))
      let before = try Data(contentsOf: url)
      try Self.damaged(before, &generator).write(to: url)
      do throws(DeviceError) {
        for device in try DeviceList(machine.tree).devices { _ = device.refusals().map(\.description) }
      } catch {
        #expect(!"\(error)".isEmpty)
      }
      if Bool.random(using: &generator) { try before.write(to: url) }
    }
  }

  private static func damaged(_ bytes: Data, _ generator: inout SeededGenerator) -> Data {
    switch Int.random(in: 0..<4, using: &generator) {
    case 0: return Data(generator.bytes(Int.random(in: 0..<200, using: &generator)))
    case 1: return bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))
    case 2: return bytes + bytes
    default:
      guard !bytes.isEmpty else { return Data([0x5C]) }
      var copy = bytes
      copy[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8(truncatingIfNeeded: generator.next())
      return copy
    }
  }

  @Test func `devices that stand on each other in a ring come to an end`() throws {
    let machine = try FakeMachine()
    try machine.disk(
      "loop1", "7:1", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/dev/loop2"])
    try machine.disk(
      "loop2", "7:2", byteCount: 1 << 30, on: "virtual", attributes: ["loop/backing_file": "/dev/loop1"])
    #expect(try machine.list().devices.count == 2)
  }
}
