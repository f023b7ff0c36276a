// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A Linux of Debian's in qemu, without KVM, where tests are root and may do what the machine's own kernel refuses.
///
/// It takes qemu-system-x86, busybox-static and cpio, and a kernel package of Debian's, which is not installed:
///
/// ```sh
/// apt-get download linux-image-6.1.0-56-amd64  # or whatever linux-image-amd64 depends on
/// CAIRN_TEST_KERNEL=$PWD/linux-image-6.1.0-56-amd64_6.1.192-2_amd64.deb swift test --filter LinuxTests
/// ```
public struct VirtualLinux {
  /// A kernel package of Debian's, `linux-image-VERSION-amd64_….deb`, or the directory that it was unpacked to.
  private static let package = ProcessInfo.processInfo.environment["CAIRN_TEST_KERNEL"]
  private static let qemu = ForeignTool("qemu-system-x86_64")
  private static let busybox = ["/bin/busybox", "/usr/bin/busybox"]
    .first { FileManager.default.isExecutableFile(atPath: $0) }

  public static var isPossible: Bool {
    let tools = [qemu, ForeignTool("dpkg-deb"), ForeignTool("timeout")]
    return package != nil && busybox != nil && Initramfs.isPossible && tools.allSatisfy(\.isInstalled)
  }

  private let scratch: TemporaryDirectory
  private let kernel: String
  private let initramfs: Initramfs
  private let memory: Int

  /// Unpacks the kernel, and packs what the machine needs to boot.
  ///
  /// - Parameters:
  ///   - modules: of the kernel, besides those for disks; some are built into some kernels.
  ///   - spareModules: lie in /spare, for a script that loads them itself.
  ///   - programs: paths of what the machine is to have beside busybox; they come with their libraries.
  ///   - files: paths of what else it is to have, in the same place.
  ///   - memory: in MiB.
  public init(
    in scratch: TemporaryDirectory, modules: [String], spareModules: [String] = [],
    programs: [String] = [],
    files extraFiles: [String] = [],
    memory: Int = 512
  ) throws {
    self.scratch = scratch
    self.memory = memory
    guard var package = Self.package, let busybox = Self.busybox else {
      throw MachineFailure("not installed")
    }
    if package.hasSuffix(".deb") {
      try ForeignTool("dpkg-deb").succeed("-x", package, scratch.path("kernel"))
      package = scratch.path("kernel")
    }
    let files = try FileManager.default.subpathsOfDirectory(atPath: package)
    guard let kernel = files.first(where: { $0.hasPrefix("boot/vmlinuz-") }) else {
      throw MachineFailure("no kernel in \(package)")
    }
    self.kernel = package + "/" + kernel
    initramfs = try Initramfs(root: scratch.path("root"))
    try initramfs.add(busybox, as: "/bin/busybox")
    for directory in ["/modules", "/mnt", "/dev", "/proc"] { try initramfs.addDirectory(directory) }
    let names = Set(Self.diskModules + modules)
    for file in files where file.contains(".ko") {
      let name = String(file.split(separator: "/").last ?? "")
      let module = String(name.prefix { $0 != "." })
      if names.contains(module) { try initramfs.add(package + "/" + file, as: "/modules/\(name)") }
      if spareModules.contains(module) { try initramfs.add(package + "/" + file, as: "/spare/\(name)") }
    }
    for program in programs { try addProgram(program) }
    for file in extraFiles { try initramfs.add(file, as: file) }
  }

  private static let diskModules = [
    "virtio", "virtio_ring", "virtio_pci_legacy_dev", "virtio_pci_modern_dev", "virtio_pci", "virtio_blk",
  ]

  /// Boots once, does what the script says, and shuts down.
  ///
  /// - Parameters:
  ///   - script: for busybox's shell; the disks are /dev/vda and so on, there is a directory /mnt, and what is written
  ///     to /dev/ttyS1 are commands to qemu's monitor.
  ///   - disks: image files, at most 24: the machine has 32 slots.
  ///   - cards: in readers; their drivers are not loaded by themselves.
  /// - Returns: what script and kernel had to say.
  public func run(_ script: String, disks: [Disk] = [], cards: [Card] = []) throws -> String {
    try writeInitramfs(script)
    let drives = disks.flatMap { disk in
      ["-drive", "file=\(disk.path),format=raw,if=virtio,readonly=\(disk.isReadOnly ? "on" : "off")"]
    }
    let machine = [
      "-machine", "pc,accel=tcg", "-cpu", "max", "-m", "\(memory)", "-nodefaults", "-display", "none",
      "-serial", "stdio", "-no-reboot",
    ]
    let socket = scratch.path("monitor")
    let monitor = [
      "-chardev", "socket,id=line,server=on,wait=off,path=\(socket)", "-serial", "chardev:line",
      "-chardev", "socket,id=monitor,path=\(socket)", "-mon", "chardev=monitor",
    ]
    let boot = [
      "-kernel", kernel, "-initrd", scratch.path("initramfs"),
      "-append", "console=ttyS0 loglevel=5 panic=-1",
    ]
    let result = try ForeignTool("timeout").run(
      ["600", Self.qemu.name] + machine + boot + drives
        + monitor + cards.flatMap(\.arguments))
    guard result.status == 0 else { throw MachineFailure(result.text + result.errors) }
    return result.text
  }

  public struct Disk {
    public let path: String
    public let isReadOnly: Bool

    public init(_ path: String, isReadOnly: Bool = false) {
      self.path = path
      self.isReadOnly = isReadOnly
    }
  }

  /// An image file behind a controller of its own: /dev/sda, which the monitor calls stick, and /dev/mmcblk0.
  public enum Card {
    /// - Parameter writeRate: bytes a second that it takes at most.
    case usbStick(path: String, serial: String, writeRate: Int? = nil)
    /// Its size is a power of two.
    case sdCard(path: String)

    fileprivate var arguments: [String] {
      switch self {
      case .usbStick(let path, let serial, let writeRate):
        let rate = writeRate.map { ",throttling.bps-write=\($0)" } ?? ""
        return [
          "-drive", "id=usb,if=none,format=raw,cache=writethrough,file=\(path)\(rate)", "-device",
          "qemu-xhci",
          "-device", "usb-storage,id=stick,drive=usb,removable=on,serial=\(serial)",
        ]
      case .sdCard(let path):
        return [
          "-drive", "id=sd,if=none,format=raw,file=\(path)", "-device", "sdhci-pci", "-device",
          "sd-card,drive=sd",
        ]
      }
    }
  }
}

// What the machine boots from.
extension VirtualLinux {
  /// With the libraries that it is linked to, each where it is here.
  private func addProgram(_ path: String) throws {
    try initramfs.add(path, as: path)
    let words = try ForeignTool("ldd").run(path).text.split(whereSeparator: \.isWhitespace)
    for library in words where library.hasPrefix("/") {
      try initramfs.add(String(library), as: String(library))
    }
  }

  private func writeInitramfs(_ script: String) throws {
    // A few rounds over the modules, as some need others: what is there already is refused.
    let script = """
      #!/bin/busybox sh
      /bin/busybox --install -s /bin
      mount -t devtmpfs none /dev
      mount -t proc none /proc
      for round in 1 2 3 4 5; do for module in /modules/*; do insmod $module; done; done 2>/dev/null
      \(script)
      poweroff -f

      """
    try initramfs.addScript(script, as: "/init")
    try initramfs.pack(to: scratch.path("initramfs"))
  }
}
