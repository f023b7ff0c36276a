// SPDX-License-Identifier: Apache-2.0
import Alpine
import Archive
import Entries
import Foundation
import Testing

/// Entries of a release as small as it can be, in the order of a tar.
private let smallest: [(path: String, text: String)] = [
  ("apks/.boot_repository", ""),
  ("apks/aarch64/APKINDEX.tar.gz", ""),
  ("apks/aarch64/alpine-base-3.13.4-r0.apk", ""),
  ("bcm2711-rpi-4-b.dtb", ""),
  ("boot/initramfs-rpi", ""),
  ("boot/initramfs-rpi4", ""),
  ("boot/modloop-rpi", ""),
  ("boot/vmlinuz-rpi", ""),
  ("boot/vmlinuz-rpi4", ""),
  ("cmdline.txt", "modules=loop,squashfs,sd-mod,usb-storage quiet console=tty1\n"),
  (
    "config.txt",
    """
    # kernel=boot/commented
    [pi3]
    kernel=boot/vmlinuz-rpi
    initramfs boot/initramfs-rpi
    [pi4]
    kernel=boot/vmlinuz-rpi4\r
    initramfs boot/initramfs-rpi4 followkernel
    [all]
    kernel_address=0x200000
    include usercfg.txt
    """
  ),
  ("fixup.dat", ""),
  ("start.elf", ""),
  (".alpine-release", "alpine-rpi-3.13.4 210331\n"),
]

private func recognizer(of files: [(path: String, text: String)]) throws -> ReleaseRecognizer {
  var recognizer = ReleaseRecognizer()
  for file in files {
    let size = UInt64(file.text.utf8.count)
    let entry = Entry(
      try EntryPath(Array(file.path.utf8)), .regular(Entry.Content(size: size)), mode: 0o644,
      modificationTime: Timestamp(seconds: 0))
    if recognizer.observe(entry) { recognizer.observe(bytes: Array(file.text.utf8).span.bytes) }
  }
  return recognizer
}

@Suite struct ReleaseRecognizerTests {
  @Test func `a release is known by its files, in whatever order they come`() throws {
    let release = Release(version: "3.13.4", architecture: .aarch64, models: [.four], packageCount: 1)
    #expect(try recognizer(of: smallest).recognize() == release)
    #expect(try recognizer(of: smallest.reversed()).recognize() == release)
  }

  @Test(arguments: [
    ("apks/.boot_repository", ["apks/.boot_repository"]),
    ("apks/aarch64/APKINDEX.tar.gz", ["apks/{aarch64,armv7,armhf}/APKINDEX.tar.gz"]),
    ("bcm2711-rpi-4-b.dtb", ["bcm2*-rpi-*.dtb"]),
    ("boot/initramfs-rpi4", ["boot/initramfs-rpi4"]),
    ("boot/modloop-rpi", ["boot/modloop-*"]),
    ("boot/vmlinuz-rpi", ["boot/vmlinuz-rpi"]),
    ("cmdline.txt", ["cmdline.txt"]),
    ("config.txt", ["config.txt"]),
    ("fixup.dat", ["fixup*.dat"]),
    ("start.elf", ["start*.elf"]),
    (".alpine-release", [".alpine-release"]),
  ])
  func `whatever is missing is named`(path: String, missing: [String]) throws {
    let recognizer = try recognizer(of: smallest.filter { $0.path != path })
    #expect(throws: AlpineError.notARelease(missing: missing)) { try recognizer.recognize() }
  }

  @Test func `a package is not needed`() throws {
    #expect(try recognizer(of: smallest.filter { !$0.path.hasSuffix(".apk") }).recognize().packageCount == 0)
  }

  @Test func `something else lacks it all`() throws {
    let recognizer = try recognizer(of: [("etc/hostname", "pi"), ("boot/vmlinuz", ""), ("usr/bin/env", "")])
    #expect(
      throws: AlpineError.notARelease(missing: [
        ".alpine-release", "apks/{aarch64,armv7,armhf}/APKINDEX.tar.gz", "apks/.boot_repository",
        "config.txt",
        "cmdline.txt", "start*.elf", "fixup*.dat", "bcm2*-rpi-*.dtb", "boot/vmlinuz-*", "boot/initramfs-*",
        "boot/modloop-*",
      ])
    ) { try recognizer.recognize() }
  }

  @Test func `the sentence says what is missing and what to do`() throws {
    #expect(
      AlpineError.notARelease(missing: ["config.txt", "boot/vmlinuz-rpi"]).description
        == "not an Alpine release for the Raspberry Pi: config.txt, boot/vmlinuz-rpi missing; "
        + "take an alpine-rpi tarball as it was published")
  }

  @Test(arguments: [
    ("alpine-rpi-3.22.1 250715", "Alpine Linux", "3.22.1"),
    ("alpine-rpi-3.22.0_rc1 250520\n", "Alpine Linux", "3.22.0_rc1"),
    ("alpine-rpi-20240329", "Alpine Linux", "20240329"),
    ("alpine-sample-3.19.0 240101", "Alpine Linux (sample)", "3.19.0"),
  ])
  func `name and version come from its own file`(text: String, name: String, version: String) throws {
    let files = smallest.filter { $0.path != ".alpine-release" } + [(".alpine-release", text)]
    let release = try recognizer(of: files).recognize()
    #expect(release.name == name)
    #expect(release.version == version)
  }

  @Test(arguments: [
    "", "alpine", "alpine-3.13.4", "debian-rpi-12", "alpine-rpi-\u{1B}[2J", "alpine-rpi-", "\0\u{FF}",
  ])
  func `nonsense is no name`(text: String) throws {
    let files = smallest.filter { $0.path != ".alpine-release" } + [(".alpine-release", text)]
    let recognizer = try recognizer(of: files)
    #expect(throws: AlpineError.notARelease(missing: [".alpine-release"])) { try recognizer.recognize() }
  }

  @Test func `the firmware may load its kernel from anywhere`() throws {
    let others = smallest.filter { $0.path != "config.txt" && !$0.path.hasPrefix("boot/vmlinuz") }
    let files = others + [("config.txt", "kernel=kernels/8.img\nkernel=kernel8.img\n")]
    #expect(
      try recognizer(of: files + [("kernels/8.img", ""), ("kernel8.img", "")]).recognize().models == [.four])
    let recognizer = try recognizer(of: files + [("kernel8.img", "")])
    #expect(throws: AlpineError.notARelease(missing: ["kernels/8.img"])) { try recognizer.recognize() }
  }

  @Test func `names from config.txt are shown without control characters`() throws {
    let files =
      smallest.filter { $0.path != "config.txt" } + [("config.txt", "kernel=\u{1B}[2J\ninitramfs x\n")]
    let recognizer = try recognizer(of: files)
    #expect(throws: AlpineError.notARelease(missing: [#"\x1b[2J"#, "x"])) { try recognizer.recognize() }
  }

  @Test func `the last of several files of a name counts`() throws {
    let files =
      [(path: "config.txt", text: "kernel=nowhere\n"), (".alpine-release", "alpine-rpi-1.2.3")] + smallest
    #expect(try recognizer(of: files).recognize().version == "3.13.4")
  }

  @Test func `a huge file is not read, whatever its name`() throws {
    var recognizer = ReleaseRecognizer()
    let entry = Entry(
      EntryPath("config.txt"), .regular(Entry.Content(size: 1 << 30)), mode: 0o644,
      modificationTime: Timestamp(seconds: 0))
    let isWanted = recognizer.observe(entry)
    #expect(!isWanted)
  }

  @Test func `bytes that were not asked for are ignored`() throws {
    var recognizer = ReleaseRecognizer()
    recognizer.observe(bytes: Array("alpine-rpi-3.13.4".utf8).span.bytes)
    #expect(throws: AlpineError.self) { try recognizer.recognize() }
  }

  @Test func `description is one line for people`() {
    let release = Release(
      version: "3.13.4", architecture: .aarch64, models: [.two, .threePlus, .computeModule4], packageCount: 68
    )
    #expect(release.description == "Alpine Linux 3.13.4 aarch64 for Pi 2, 3+, CM4, with 68 packages")
  }

  @Test(arguments: [
    ("bcm2708-rpi-b.dtb", [PiModel.one]), ("bcm2708-rpi-b-rev1.dtb", [.one]),
    ("bcm2708-rpi-cm.dtb", [.computeModule1]),
    ("bcm2835-rpi-zero.dtb", [.zero]), ("bcm2708-rpi-zero-w.dtb", [.zeroW]),
    ("bcm2710-rpi-zero-2-w.dtb", [.zero2W]),
    ("bcm2709-rpi-2-b.dtb", [.two]), ("bcm2710-rpi-3-b.dtb", [.three]),
    ("bcm2837-rpi-3-a-plus.dtb", [.threePlus]),
    ("bcm2837-rpi-cm3-io3.dtb", [.computeModule3]), ("bcm2711-rpi-4-b.dtb", [.four]),
    ("bcm2711-rpi-400.dtb", [.fourHundred]), ("bcm2711-rpi-cm4s.dtb", [.computeModule4S]),
    ("bcm2712-rpi-5-b.dtb", [.five]), ("bcm2712d0-rpi-5-b.dtb", [.five]),
    ("bcm2712-rpi-500.dtb", [.fiveHundred]),
    ("bcm2712-rpi-cm5l-cm4io.dtb", [.computeModule5]), ("bcm2711-rpi-9-b.dtb", []),
    ("bcm2711-rpi-4-b.txt", []),
    ("rockchip-rpi-4-b.dtb", []),
  ])
  func `boards are known by their device trees`(name: String, models: [PiModel]) throws {
    let files = smallest.filter { !$0.path.hasSuffix(".dtb") } + [(name, ""), ("bcm2708-rpi-zero.dtb", "")]
    #expect(try recognizer(of: files).recognize().models == Set(models + [.zero]).sorted())
  }
}

@Suite struct GenuineReleaseTests {
  static let path = ProcessInfo.processInfo.environment["CAIRN_TEST_RELEASE"]

  @Test(.enabled(if: path != nil, "set CAIRN_TEST_RELEASE to Alpine 3.13.4's aarch64 tarball"))
  func `the genuine release is recognised`() throws {
    let release = try recognize(try #require(Self.path))
    #expect(release.version == "3.13.4")
    #expect(release.architecture == .aarch64)
    #expect(
      release.description
        == "Alpine Linux 3.13.4 aarch64 for Pi 2, 3, 3+, 4, 400, CM3, CM4, with 65 packages")
  }

  private func recognize(_ path: String) throws -> Release {
    var reader = try ArchiveReader(path: path)
    var recognizer = ReleaseRecognizer()
    while let entry = try reader.next() {
      guard recognizer.observe(entry) else { continue }
      while true {
        let bytes = try reader.nextBytes()
        if bytes.isEmpty { break }
        recognizer.observe(bytes: bytes)
      }
    }
    return try recognizer.recognize()
  }
}
