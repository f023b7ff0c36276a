// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

@testable import Devices

/// The same reasons on devices of this machine.
@Suite(.enabled(if: LoopMount.isPossible, "takes root and loop devices"))
struct LoopTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func file(_ name: String = "card", byteCount: Int = 64 << 20) throws -> String {
    let path = scratch.path(name)
    try #require(FileManager.default.createFile(atPath: path, contents: nil))
    try #require(truncate(path, off_t(byteCount)) == 0)
    return path
  }

  private func refusals(_ path: String) throws -> [Refusal] {
    try DeviceList().target(at: path).refusals(allowing: Set(Allowance.allCases))
  }

  private func open(_ path: String) throws -> OpenDevice { try OpenDevice(try DeviceList().target(at: path)) }

  @Test func `a loop device over a file of the system's disk takes leave and nothing else`() throws {
    let loop = try LoopDevice(try file())
    let target = try DeviceList().target(at: loop.path)
    #expect(target.refusals() == [.notRemovable(path: loop.path, bus: .loop)])
    let device = try OpenDevice(target)
    #expect(device.byteCount == 64 << 20)
    #expect(device.logicalBlockSize == 512)
    #expect(device.physicalBlockSize >= 512)
    try device.checkIdentity()
    try device.check(try #require(TargetID("67108864")))
    let wrong = try #require(TargetID("67108865"))
    #expect(throws: DeviceError.wrongTarget(path: loop.path, expected: wrong, found: device.identity)) {
      try device.check(wrong)
    }
  }

  @Test func `its file is held`() throws {
    let path = try file()
    let loop = try LoopDevice(path)
    let holder = DeviceUse.Holder(.loop, String(loop.path.dropFirst("/dev/".count)))
    #expect(try refusals(path) == [.held(part: path, by: holder)])
  }

  @Test func `a link leads to it`() throws {
    let loop = try LoopDevice(try file())
    try FileManager.default.createSymbolicLink(atPath: scratch.path("link"), withDestinationPath: loop.path)
    #expect(try DeviceList().target(at: scratch.path("link")) == DeviceList().target(at: loop.path))
  }

  @Test func `mounted is refused, and can't be opened either`() throws {
    let path = try file()
    try ForeignTool("mke2fs").succeed("-F", "-q", "-t", "ext4", path)
    let loop = try LoopDevice(path)
    let before = try DeviceList().target(at: loop.path)
    let point = scratch.path("mounted point")
    try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: false)
    try ForeignTool("mount").succeed(loop.path, point)
    defer { _ = try? ForeignTool("umount").run(point) }
    #expect(try refusals(loop.path) == [.mounted(part: loop.path, at: [point])])
    #expect(throws: DeviceError.busy(path: loop.path, uses: [.mounted(part: loop.path, at: point)])) {
      _ = try OpenDevice(before)
    }
  }

  @Test func `mounted in a namespace of another process is found`() throws {
    let path = try file()
    try ForeignTool("mke2fs").succeed("-F", "-q", "-t", "ext4", path)
    let loop = try LoopDevice(path)
    try FileManager.default.createDirectory(atPath: scratch.path("there"), withIntermediateDirectories: false)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = [
      "--mount", "sh", "-c",
      "mount \(loop.path) \(scratch.path("there")) && echo up && read line && umount \(scratch.path("there"))",
    ]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    defer { process.waitUntilExit() }
    defer { try? input.fileHandleForWriting.write(contentsOf: Data("\n".utf8)) }
    #expect(output.fileHandleForReading.availableData == Data("up\n".utf8))
    #expect(try refusals(loop.path) == [.mounted(part: loop.path, at: [scratch.path("there")])])
  }

  @Test func `swapped to is refused`() throws {
    let path = try file()
    try ForeignTool("mkswap").succeed(path)
    let loop = try LoopDevice(path)
    let before = try DeviceList().target(at: loop.path)
    try ForeignTool("swapon").succeed(loop.path)
    defer { _ = try? ForeignTool("swapoff").run(loop.path) }
    #expect(
      try refusals(loop.path) == [
        .systemDisk(path: loop.path, holding: ["swap"]), .swap(part: loop.path),
      ])
    #expect(throws: DeviceError.busy(path: loop.path, uses: [.swap(part: loop.path)])) {
      _ = try OpenDevice(before)
    }
  }

  @Test func `a loop device over a loop device holds it`() throws {
    let lower = try LoopDevice(try file())
    let upper = try LoopDevice(lower.path)
    let holder = DeviceUse.Holder(.loop, String(upper.path.dropFirst("/dev/".count)))
    #expect(try refusals(lower.path) == [.held(part: lower.path, by: holder)])
    #expect(try refusals(upper.path) == [])
  }

  @Test func `read-only is refused, and can't be opened either`() throws {
    let loop = try LoopDevice(try file(), isWritable: false)
    #expect(try refusals(loop.path) == [.readOnly(path: loop.path)])
    #expect(throws: DeviceError.refused([.readOnly(path: loop.path)])) { _ = try open(loop.path) }
  }

  @Test func `claimed once, nobody else can claim or mount it`() throws {
    let path = try file()
    try ForeignTool("mke2fs").succeed("-F", "-q", "-t", "ext4", path)
    let loop = try LoopDevice(path)
    let device = try open(loop.path)
    #expect(throws: DeviceError.busy(path: loop.path, uses: [])) { _ = try open(loop.path) }
    #expect(try ForeignTool("mount").run(loop.path, scratch.path).status != 0)
    #expect(try ForeignTool("flock").run("-n", loop.path, "true").status == 1)
    #expect(device.byteCount == 64 << 20)
  }

  @Test func `a lock that another program holds is told`() throws {
    let loop = try LoopDevice(try file())
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
    other.arguments = [loop.path, "sh", "-c", "echo locked; read line"]
    let (input, output) = (Pipe(), Pipe())
    other.standardInput = input
    other.standardOutput = output
    try other.run()
    #expect(output.fileHandleForReading.availableData == Data("locked\n".utf8))
    #expect(throws: DeviceError.locked(path: loop.path)) { _ = try open(loop.path) }
    try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
    other.waitUntilExit()
    _ = try open(loop.path)
  }

  /// A loop device as it was before `file` took its number.
  private func target(replacedBy file: String) throws -> WriteTarget {
    let losetup = ForeignTool("losetup")
    let path = try self.file()
    // Whoever looks for a free number at the same time may be faster.
    for _ in 0..<50 {
      let target = try DeviceList().target(at: LoopDevice(path).path)
      if try losetup.run(target.path, file).status == 0 { return target }
    }
    throw CocoaError(.fileLocking)
  }

  @Test func `another file in the loop device is another device`() throws {
    let target = try target(replacedBy: file("other", byteCount: 32 << 20))
    defer { _ = try? ForeignTool("losetup").run("--detach", target.path) }
    #expect {
      _ = try OpenDevice(target)
    } throws: { error in
      guard case .changed(target.path, target.identity, let found) = error as? DeviceError else {
        return false
      }
      return found.byteCount == 32 << 20
    }
  }

  @Test func `a file that changes its size below is noticed`() throws {
    let path = try file()
    let loop = try LoopDevice(path)
    let device = try open(loop.path)
    try #require(truncate(path, 32 << 20) == 0)
    try ForeignTool("losetup").succeed("--set-capacity", loop.path)
    #expect(throws: DeviceError.self) { try device.checkIdentity() }
  }

  @Test func `a loop device without partitions needs no new look at its table`() throws {
    let loop = try LoopDevice(try file())
    #expect(try open(loop.path).rereadPartitionTable() == .notPartitionable)
  }

  @Test(.enabled(if: ForeignTool("sfdisk").isInstalled))
  func `partitions appear when the table is read anew, and are refused`() throws {
    let loop = try ForeignTool("losetup").succeed("--find", "--show", "--partscan", try file())
    let path = String(decoding: loop, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    defer { _ = try? ForeignTool("losetup").run("--detach", path) }
    let table = try file("table")
    _ = try ForeignTool("sfdisk").run(table, input: Data("label: dos\n4MiB,16MiB,c\n".utf8))
    do {
      let device = try open(path)
      try ForeignTool("dd").succeed("if=" + table, "of=" + path, "count=1", "conv=notrunc,fsync")
      #expect(try device.rereadPartitionTable() == .done)
    }
    // A kernel that reads no MBR is told of the partition.
    if !FileManager.default.fileExists(atPath: path + "p1") {
      try ForeignTool("partx").succeed("--add", path)
    }
    let part = try #require(try DeviceList().devices.first { $0.path == path }?.partitions.first)
    #expect(part.path == path + "p1")
    #expect(part.range == 4_194_304..<20_971_520)
    #expect(try refusals(part.path) == [.partition(path: part.path, disk: path)])
    do {
      let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: part.path))
      let device = try open(path)
      #expect(throws: DeviceError.tableInUse(path: path, uses: [])) { _ = try device.rereadPartitionTable() }
      try reader.close()
    }
    try ForeignTool("mke2fs").succeed("-q", "-F", "-t", "ext4", part.path)
    let point = scratch.path("point")
    try FileManager.default.createDirectory(atPath: point, withIntermediateDirectories: false)
    try ForeignTool("mount").succeed(part.path, point)
    defer { _ = try? ForeignTool("umount").run(point) }
    #expect(try refusals(path) == [.mounted(part: part.path, at: [point])])
    #expect(throws: DeviceError.busy(path: path, uses: [.mounted(part: part.path, at: point)])) {
      _ = try open(path)
    }
  }

  @Test func `an ordinary user is told what would help`() throws {
    let loop = try LoopDevice(try file())
    let target = try DeviceList().target(at: loop.path)
    guard case .device(var device) = target else { return }
    device.isReadOnly = false
    let result = try ForeignTool("setpriv").run(
      "--reuid=65534", "--regid=65534", "--clear-groups", cairn.path ?? "", "devices", "--json")
    #expect(result.status == 0, "\(result.errors)")
    let report = try #require(try JSONSerialization.jsonObject(with: result.output) as? [String: Any])
    let devices = try #require(report["devices"] as? [[String: Any]])
    let own = try #require(devices.first { $0["path"] as? String == loop.path })
    #expect(own["permitted"] as? Bool == false)
  }
}
