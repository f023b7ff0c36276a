// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Testing

/// What releases have looked like since 3.13.
///
/// Source: aports, scripts/mkimg.arm.sh, of each branch.
private struct Layout: CustomTestStringConvertible, Sendable {
  let version: String
  let architecture: Architecture
  let flavors: [String]
  /// Sections of config.txt, and the flavor that each boots.
  let sections: [(filter: String, flavor: String)]
  let deviceTrees: [String]
  let models: [PiModel]

  var testDescription: String { "\(version) \(architecture)" }

  var files: [(path: String, text: String)] {
    let firmware = ["bootcode.bin", "fixup.dat", "fixup4.dat", "start.elf", "start4.elf"]
    let boot = flavors.flatMap { ["System.map-\($0)", "config-\($0)", "initramfs-\($0)", "vmlinuz-\($0)"] }
    let empty =
      firmware + boot.map { "boot/\($0)" } + flavors.map { "boot/modloop-\($0)" } + deviceTrees
      + ["overlays/disable-bt.dtbo", "apks/.boot_repository", "apks/\(architecture)/APKINDEX.tar.gz"]
      + ["apks/\(architecture)/alpine-base-\(version)-r0.apk"]
    return empty.map { ($0, "") } + [
      (".alpine-release", "alpine-rpi-\(version) 210331\n"),
      ("cmdline.txt", "modules=loop,squashfs,sd-mod,usb-storage quiet console=tty1\n"),
      ("config.txt", configuration),
    ]
  }

  private var configuration: String {
    let lines = sections.map { filter, flavor in
      (filter.isEmpty ? "" : "[\(filter)]\n")
        + "kernel=boot/vmlinuz-\(flavor)\ninitramfs boot/initramfs-\(flavor)\n"
    }
    return lines.joined() + (sections.count > 1 ? "[all]\n" : "") + "include usercfg.txt\n"
  }
}

private let layouts = [
  Layout(
    version: "3.13.4", architecture: .armhf, flavors: ["rpi"], sections: [("pi0", "rpi"), ("pi1", "rpi")],
    deviceTrees: ["bcm2708-rpi-b.dtb", "bcm2708-rpi-zero-w.dtb", "bcm2835-rpi-zero.dtb"],
    models: [.one, .zero, .zeroW]),
  Layout(
    version: "3.13.4", architecture: .armv7, flavors: ["rpi2", "rpi4"],
    sections: [("pi2", "rpi2"), ("pi3", "rpi2"), ("pi3+", "rpi2"), ("pi4", "rpi4")],
    deviceTrees: ["bcm2709-rpi-2-b.dtb", "bcm2710-rpi-3-b.dtb", "bcm2711-rpi-4-b.dtb"],
    models: [.two, .three, .four]),
  Layout(
    version: "3.16.0", architecture: .aarch64, flavors: ["rpi", "rpi4"],
    sections: [("pi02", "rpi"), ("pi3", "rpi"), ("pi3+", "rpi"), ("pi4", "rpi4")],
    deviceTrees: ["bcm2710-rpi-zero-2.dtb", "bcm2710-rpi-3-b.dtb", "bcm2711-rpi-4-b.dtb"],
    models: [.zero2W, .three, .four]),
  Layout(
    version: "3.22.1", architecture: .aarch64, flavors: ["rpi"], sections: [("", "rpi")],
    deviceTrees: [
      "bcm2711-rpi-4-b.dtb", "bcm2712-rpi-5-b.dtb", "bcm2712d0-rpi-5-b.dtb", "bcm2712-rpi-cm5-cm4io.dtb",
    ],
    models: [.four, .five, .computeModule5]),
  Layout(
    version: "3.22.1", architecture: .armhf, flavors: ["rpi"], sections: [("", "rpi")],
    deviceTrees: ["bcm2708-rpi-b-rev1.dtb", "bcm2708-rpi-zero.dtb"], models: [.one, .zero]),
  Layout(
    version: "20260101", architecture: .armv7, flavors: ["rpi"], sections: [("", "rpi")],
    deviceTrees: ["bcm2709-rpi-2-b.dtb", "bcm2709-rpi-cm2.dtb"], models: [.two, .computeModule2]),
]

@Suite struct ReleaseLayoutTests {
  private func recognizer(of files: [(path: String, text: String)]) throws -> ReleaseRecognizer {
    var recognizer = ReleaseRecognizer()
    for (path, text) in files {
      let bytes = Array(text.utf8)
      let entry = Entry(
        try EntryPath(Array(path.utf8)), .regular(Entry.Content(size: UInt64(bytes.count))), mode: 0o644,
        modificationTime: Timestamp(seconds: 0))
      if recognizer.observe(entry) { recognizer.observe(bytes: bytes.span.bytes) }
    }
    return recognizer
  }

  @Test(arguments: layouts)
  private func `every layout is recognised, with the boards that it is for`(layout: Layout) throws {
    let recognizer = try recognizer(of: layout.files)
    #expect(
      try recognizer.recognize()
        == Release(
          version: layout.version, architecture: layout.architecture, models: layout.models.sorted(),
          packageCount: 1))
    #expect(recognizer.includesUserConfiguration)
  }

  @Test(arguments: layouts)
  private func `a kernel that config.txt names has to be there`(layout: Layout) throws {
    for flavor in layout.flavors {
      let recognizer = try recognizer(of: layout.files.filter { $0.path != "boot/vmlinuz-\(flavor)" })
      #expect(throws: AlpineError.notARelease(missing: ["boot/vmlinuz-\(flavor)"])) {
        try recognizer.recognize()
      }
    }
  }

  @Test func `a config.txt without the include is one`() throws {
    let files = [("config.txt", "# include usercfg.txt\nkernel=a\ninclude other.txt\n")]
    #expect(try recognizer(of: files).includesUserConfiguration == false)
    #expect(try recognizer(of: [("config.txt", "  include USERCFG.TXT\r\n")]).includesUserConfiguration)
    #expect(try recognizer(of: []).includesUserConfiguration == false)
  }

  /// What starts follows the release's OpenRC, and nothing that a release lacks is linked.
  @Test(arguments: [
    ("3.13.4", "urandom"), ("3.16.9", "urandom"), ("3.17.0", "seedrng"), ("20260101", "seedrng"),
  ])
  func `the service that keeps the random seed is the release's own`(version: String, name: String) throws {
    let release = Release(version: version, architecture: .aarch64, models: [.four], packageCount: 1)
    let overlay = Overlay(
      hostname: try Hostname("pi"), dataPartitionUUID: "u", release: release, time: Overlay.earliestTime)
    let names = overlay.services.filter { $0.runlevel == .boot }.map(\.name)
    #expect(names.contains(name) && names.count { ["urandom", "seedrng"].contains($0) } == 1)
  }
}
