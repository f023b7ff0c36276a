// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A Pi of a kind: qemu's arm64 machine with the card as an emulated SD card, no clock, and no network but a DHCP
/// server. Everything is emulated, a boot takes a minute or more.
final class VirtualPi {
  private static let qemu = ForeignTool("qemu-system-aarch64")
  private static let mcopy = ForeignTool("mcopy")

  static var isPossible: Bool {
    PiInitramfs.isPossible && qemu.isInstalled && mcopy.isInstalled && KeyPair.tool.isInstalled
      && PackageSigner.tool.isInstalled
  }

  private let card: String
  private let scratch: TemporaryDirectory
  private let initramfs: PiInitramfs
  private let commandLine: String
  private var machine: Machine?

  /// - Parameters:
  ///   - card: path of an image, whose size must be a power of two, as cards have it.
  ///   - checkout: of the mkinitfs whose init boots; the first where nil.
  init(card: String, checkout: String? = nil, in scratch: TemporaryDirectory) throws {
    self.card = card
    self.scratch = scratch
    initramfs = try PiInitramfs(checkout: checkout ?? PiInitramfs.checkouts[0])
    // Read as the firmware reads them.
    let boot = "\(card)@@4M"
    try Self.mcopy.succeed("-n", "-i", boot, "::boot/vmlinuz-rpi", scratch.path("kernel"))
    let text = String(decoding: try Self.mcopy.succeed("-i", boot, "::cmdline.txt", "-"), as: UTF8.self)
    commandLine = [Self.namingSerialLine(text), Self.additions].joined(separator: " ")
  }

  deinit { machine?.kill() }

  /// What was said on the serial line since the power came.
  var console: String { (try? String(contentsOfFile: scratch.path("console"), encoding: .utf8)) ?? "" }

  /// Switches on, and waits until OpenRC is through with the default runlevel.
  func boot() throws {
    let start = ContinuousClock.now
    machine = try Machine(Self.qemu, arguments)
    _ = try run("until pidof getty; do sleep 1; done", patience: Self.bootPatience)
    print("virtual Pi: booted in \(start.duration(to: .now))")
  }

  struct Answer {
    let status: Int
    /// Of both standard output and standard error.
    let output: String
    /// The lines that are not empty.
    var lines: [String] { output.split(separator: "\n").map(String.init) }
  }

  /// Runs a command of the shell as root, whatever its status.
  func run(_ command: String, patience: Duration = .seconds(180)) throws -> Answer {
    guard let machine else { throw MachineFailure("the Pi is switched off") }
    do {
      try machine.send(Data(command.utf8).base64EncodedString())
      let words = try machine.receive(patience: patience).split(separator: " ")
      guard let first = words.first, let status = Int(first),
        let output = Data(base64Encoded: words.count > 1 ? String(words[1]) : "")
      else { throw MachineFailure("no answer: \(words)") }
      return Answer(status: status, output: String(decoding: output, as: UTF8.self))
    } catch {
      throw MachineFailure("\(command): \(error)\n\(console)")
    }
  }

  /// Runs a command that must succeed.
  @discardableResult func succeed(_ command: String) throws -> Answer {
    let answer = try run(command)
    guard answer.status == 0 else {
      throw MachineFailure("\(command): status \(answer.status)\n\(answer.output)")
    }
    return answer
  }

  /// Shuts down in good order.
  func shutDown() throws {
    try succeed("poweroff")
    try machine?.waitForEnd(patience: .seconds(180))
    machine = nil
  }

  func reboot() throws {
    try shutDown()
    try boot()
  }

  /// Takes the power away: what the Pi has not written by then is lost.
  func cutPower() {
    machine?.kill()
    machine = nil
  }
}

extension VirtualPi {
  private static let bootPatience = Duration.seconds(900)
  static let serialLine = "ttyAMA0"

  /// The command line as the firmware hands it on: with the serial line's name on this board.
  private static func namingSerialLine(_ text: String) -> String {
    text.trimmingCharacters(in: .whitespacesAndNewlines)
      .replacing("console=serial0,", with: "console=\(serialLine),")
  }

  /// The serial line shows the kernel's messages even where it is no console; init tells what it does; there is no
  /// clock; a panic is the end.
  private static let additions =
    "noquiet loglevel=6 earlycon keep_bootcon initcall_blacklist=pl031_driver_init panic=-1"

  private var arguments: [String] {
    let board = [
      "-M", "virt", "-cpu", "cortex-a72", "-smp", "2", "-m", "1024", "-nodefaults", "-display", "none",
    ]
    let boot = [
      "-kernel", scratch.path("kernel"), "-initrd", initramfs.path, "-append", commandLine, "-no-reboot",
    ]
    let card = [
      "-drive", "id=card,if=none,format=raw,file=\(card)", "-device", "sdhci-pci", "-device",
      "sd-card,drive=card",
    ]
    let network = ["-netdev", "user,id=net,restrict=on", "-device", "virtio-net-pci,netdev=net,romfile="]
    let lines = [
      "-serial", "file:\(scratch.path("console"))", "-chardev", "stdio,id=agent,signal=off",
      "-device", "virtio-serial-pci", "-device", "virtserialport,chardev=agent",
    ]
    return board + boot + card + network + lines
  }
}

/// qemu as it runs, its standard input and output being the agent's port.
private final class Machine {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()
  private let errors = Pipe()
  private var received = Data()

  init(_ qemu: ForeignTool, _ arguments: [String]) throws {
    // A machine that has ended must not end the test.
    signal(SIGPIPE, SIG_IGN)
    process.executableURL = URL(fileURLWithPath: qemu.path ?? "")
    process.arguments = arguments
    process.standardInput = input
    process.standardOutput = output
    process.standardError = errors
    try process.run()
  }

  func send(_ line: String) throws {
    try input.fileHandleForWriting.write(contentsOf: Data("\(line)\n".utf8))
  }

  /// The next line.
  func receive(patience: Duration) throws -> String {
    let end = ContinuousClock.now + patience
    while true {
      if let newline = received.firstIndex(of: UInt8(ascii: "\n")) {
        defer { received = Data(received[(newline + 1)...]) }
        return String(decoding: received[..<newline], as: UTF8.self)
      }
      guard process.isRunning else {
        throw MachineFailure(
          "qemu ended: \(String(decoding: errors.fileHandleForReading.availableData, as: UTF8.self))")
      }
      guard ContinuousClock.now < end else { throw MachineFailure("no answer within \(patience)") }
      try readMore()
    }
  }

  /// Waits a second at most.
  private func readMore() throws {
    let handle = output.fileHandleForReading
    var descriptor = pollfd(fd: handle.fileDescriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&descriptor, 1, 1000) > 0 else { return }
    received += handle.availableData
  }

  func waitForEnd(patience: Duration) throws {
    let end = ContinuousClock.now + patience
    while process.isRunning {
      guard ContinuousClock.now < end else { throw MachineFailure("still running after \(patience)") }
      Thread.sleep(forTimeInterval: 0.2)
    }
  }

  func kill() {
    guard process.isRunning else { return }
    Foundation.kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }
}
