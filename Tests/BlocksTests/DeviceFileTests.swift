// SPDX-License-Identifier: Apache-2.0
import CLinux
import Foundation
import TestSupport
import Testing

@testable import Blocks

/// Files and loop devices in the place of cards.
@Suite struct DeviceFileTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func open(_ path: String) throws -> FileDescriptor {
    let raw = linux_open(path, O_RDWR, 0)
    try #require(raw >= 0)
    return FileDescriptor(owning: raw, path: path)
  }

  private func options(isDirect: Bool = true, _ zeroing: DeviceTarget.Zeroing = .offloaded)
    -> DeviceTarget.Options
  {
    var options = DeviceTarget.Options()
    options.isDirect = isDirect
    options.windowSize = 64 << 10
    options.zeroing = zeroing
    return options
  }

  /// Random operations on the card at `path`, which is a file or a device over `file`, and on memory.
  private func expectSame(
    _ path: String, over file: String, _ options: DeviceTarget.Options, isDirect: Bool?
  ) throws {
    var random = SeededGenerator()
    let old = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file)))
    let model = MemoryTarget(byteCount: old.count)
    try model.write(old, at: 0)
    let descriptor = try open(path)
    do {
      let target = try DeviceTarget(descriptor, options: options)
      #expect(target.size == UInt64(old.count))
      if let isDirect { #expect(target.isDirect == isDirect) }
      try disturb(target, model, count: 150, using: &random)
      try target.flush()
    }
    #expect(linux_is_direct(descriptor.raw) == 0)
    fsync(descriptor.raw)
    let isSame = try [UInt8](Data(contentsOf: URL(fileURLWithPath: file))) == model.contents()
    #expect(isSame)
  }

  private func randomFile(_ byteCount: Int, in directory: String? = nil) throws -> String {
    var random = SeededGenerator()
    let path = directory.map { "\($0)/card" } ?? scratch.path("card")
    try Data(random.bytes(byteCount)).write(to: URL(fileURLWithPath: path))
    return path
  }

  @Test(arguments: [true, false], [DeviceTarget.Zeroing.written, .offloaded])
  func `a file ends up as memory does`(isDirect: Bool, zeroing: DeviceTarget.Zeroing) throws {
    let file = try randomFile(1 << 20)
    try expectSame(file, over: file, options(isDirect: isDirect, zeroing), isDirect: isDirect ? nil : false)
  }

  @Test func `a file that isn't whole blocks goes through the page cache`() throws {
    let file = try randomFile(1 << 20 + 17)
    try expectSame(file, over: file, options(), isDirect: false)
  }

  @Test(.enabled(if: SmallFileSystem.canMount(.tmpfs), "needs root"))
  func `a file on a tmpfs ends up as memory does`() throws {
    let volume = try SmallFileSystem(.tmpfs, byteCount: 16 << 20)
    let file = try randomFile(1 << 20, in: volume.path)
    try expectSame(file, over: file, options(), isDirect: nil)
  }

  @Test(
    .enabled(if: LoopMount.isPossible, "needs root and loop devices"),
    arguments: [512, 4096], [true, false])
  func `a loop device ends up as memory does`(sectorSize: Int, isDirect: Bool) throws {
    for zeroing in [DeviceTarget.Zeroing.written, .offloaded] {
      let file = try randomFile(1 << 20)
      let device = try LoopDevice(file, sectorSize: sectorSize)
      try expectSame(device.path, over: file, options(isDirect: isDirect, zeroing), isDirect: isDirect)
    }
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `what was written to a loop device is verified, and a change behind its back is found`() throws {
    let file = try randomFile(3 << 20)
    let device = try LoopDevice(file)
    let target = try DeviceTarget(open(device.path))
    let ledger = Ledger(target, keepsChecksums: true)
    try ledger.write([UInt8](repeating: 1, count: 1_500_000), at: 1000)
    try ledger.zero(1_600_000..<3_000_000)
    #expect(try Verification(of: target, against: ledger).isClean)
    let raw = linux_open(file, O_RDWR, 0)
    try #require(pwrite(raw, [9], 1, 1_400_000) == 1)
    fsync(raw)
    close(raw)
    #expect(
      try Verification(of: target, against: ledger).badRanges.ranges == [1 << 20..<1_501_000])
  }

  @Test(.enabled(if: LoopMount.isPossible, "needs root and loop devices"))
  func `a loop device is honest, and whole after the probe`() throws {
    let file = try randomFile(5 << 20)
    let before = try Data(contentsOf: URL(fileURLWithPath: file))
    let device = try LoopDevice(file)
    #expect(try CapacityProbe.probe(DeviceTarget(open(device.path)), seed: 3) == .honest)
    let isSame = try Data(contentsOf: URL(fileURLWithPath: file)) == before
    #expect(isSame)
  }

  @Test func `a hole in a sparse file takes no room`() throws {
    let file = try randomFile(4 << 20)
    let target = try DeviceTarget(open(file))
    try target.zero(0..<4 << 20)
    try target.flush()
    var status = stat()
    try #require(stat(file, &status) == 0)
    #expect(status.st_size == 4 << 20)
    #expect(status.st_blocks < 64)
  }

  @Test func `what is no device and no file is refused`() throws {
    let descriptor = try open("/dev/null")
    #expect(throws: BlockError.notARegularFile(path: "/dev/null", kind: .characterDevice)) {
      try DeviceTarget(descriptor)
    }
  }

  @Test func `a file that is open for reading alone fails at the first write`() throws {
    let file = try randomFile(8192)
    let raw = linux_open(file, O_RDONLY, 0)
    let target = try DeviceTarget(FileDescriptor(owning: raw, path: file))
    try target.write([1], at: 0)
    #expect(throws: BlockError.self) { try target.flush() }
  }
}
