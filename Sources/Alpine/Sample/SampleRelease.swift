// SPDX-License-Identifier: Apache-2.0
public import Entries

/// The entries of a tarball that is laid out like an Alpine release for the Raspberry Pi, for trying everything with
/// no network. The same on every machine; nothing in it is anybody's software, so a card made of it does not boot.
public struct SampleRelease: Sendable {
  public enum Scale: Sendable {
    /// As large as a real one: about 145 MB, and 102 MB of it when gzipped.
    case full
    /// The same names in a few MB, for tests.
    case small
  }

  public let scale: Scale
  public let architecture: Architecture

  /// Of every entry: 2024-01-01 00:00:00 UTC.
  public static let time = Timestamp(seconds: 1_704_067_200)
  /// What it says it is; its packages are those of an Alpine of this version.
  public static let version = "3.19.0"

  public init(scale: Scale, architecture: Architecture = .aarch64) {
    self.scale = scale
    self.architecture = architecture
  }

  /// Adds every entry, directories before what is in them; does not finish.
  ///
  /// - Throws: as `reading` what went wrong in making it: packing the packages.
  public func write<Writer: EntryWriter & ~Copyable>(
    to writer: inout Writer
  ) throws(CopyError<AlpineError, Writer.Failure>) {
    let tree = try makeTree(Writer.Failure.self)
    do throws(Writer.Failure) {
      try writer.add(Entry(.root, .directory, mode: 0o755, modificationTime: Self.time))
      try tree.write(to: &writer)
    } catch {
      throw .writing(error)
    }
  }

  private func makeTree<Writing: Error>(_: Writing.Type) throws(CopyError<AlpineError, Writing>) -> SampleTree
  {
    do { return SampleTree(try files) } catch { throw .reading(error) }
  }
}

extension SampleRelease {
  private var files: [SampleFile] {
    get throws(AlpineError) {
      try rootFiles + firmware + deviceTrees + deviceTreeOverlays + bootFiles + packageFiles
    }
  }

  /// - Parameters:
  ///   - byteCount: at full scale; small ones are the same at every scale.
  ///   - noisePagesOfFour: how hard it is to deflate, see `Filler`.
  private func filler(_ path: String, _ byteCount: Int, noisePagesOfFour: Int = 4) -> SampleFile {
    SampleFile(
      path, .filler(Filler(byteCount: scaled(byteCount), noisePagesOfFour: noisePagesOfFour, seed: path)))
  }

  private func scaled(_ byteCount: Int) -> Int {
    scale == .small && byteCount > 4096 ? 4096 + (byteCount - 4096) / 64 : byteCount
  }
}

// MARK: What a release holds

extension SampleRelease {
  private var rootFiles: [SampleFile] {
    [
      SampleFile(".alpine-release", .text("alpine-sample-\(Self.version) 240101\n")),
      SampleFile("SAMPLE-DOES-NOT-BOOT.txt", .text(Self.notice)),
      SampleFile("cmdline.txt", .text("modules=loop,squashfs,sd-mod,usb-storage quiet console=tty1\n")),
      SampleFile("config.txt", .text(firmwareConfiguration)),
    ]
  }

  private static var notice: String {
    """
    This is a sample in the shape of an Alpine Linux release for the Raspberry Pi.

    Cairn made it to try itself out without a network. Names, sizes and layout are those of a release; kernel,
    firmware, device trees and packages hold noise. A card that is made of it does not boot. Its package index and
    its packages are consistent but not signed: apk takes them with --allow-untrusted only.

    Releases are at https://alpinelinux.org/downloads/, under "Raspberry Pi".

    """
  }

  /// Source: Raspberry Pi documentation, config.txt.
  private var firmwareConfiguration: String {
    """
    # Settings of your own belong into usercfg.txt.
    kernel=boot/vmlinuz-rpi
    initramfs boot/initramfs-rpi
    arm_64bit=\(architecture == .aarch64 ? 1 : 0)
    include usercfg.txt

    """
  }

  private var firmware: [SampleFile] {
    let variants: [(suffix: String, elf: Int, elf4: Int, dat: Int, dat4: Int)] = [
      ("", 2_979_264, 2_256_000, 7_265, 5_456), ("cd", 806_300, 804_956, 3_187, 3_187),
      ("db", 4_827_656, 3_754_728, 10_235, 8_446), ("x", 3_727_272, 3_000_136, 10_232, 8_446),
    ]
    return [filler("bootcode.bin", 52_476)]
      + variants.flatMap { variant in
        let old = variant.suffix.isEmpty ? "" : "_\(variant.suffix)"
        return [
          filler("start\(old).elf", variant.elf, noisePagesOfFour: 2),
          filler("start4\(variant.suffix).elf", variant.elf4, noisePagesOfFour: 2),
          filler("fixup\(old).dat", variant.dat), filler("fixup4\(variant.suffix).dat", variant.dat4),
        ]
      }
  }

  private var deviceTrees: [SampleFile] {
    let first = [
      "bcm2708-rpi-b", "bcm2708-rpi-b-plus", "bcm2708-rpi-cm", "bcm2708-rpi-zero", "bcm2708-rpi-zero-w",
    ]
    let second = [
      "bcm2710-rpi-2-b", "bcm2710-rpi-3-b", "bcm2710-rpi-3-b-plus", "bcm2710-rpi-cm3", "bcm2710-rpi-zero-2-w",
      "bcm2711-rpi-4-b", "bcm2711-rpi-400", "bcm2711-rpi-cm4", "bcm2711-rpi-cm4s",
    ]
    let names =
      switch architecture {
      case .armhf: first
      case .armv7: ["bcm2709-rpi-2-b", "bcm2709-rpi-cm2"] + second
      case .aarch64: second + ["bcm2712-rpi-5-b", "bcm2712-rpi-cm5-cm5io"]
      }
    return names.map { filler("\($0).dtb", 28_000 + 1_024 * ($0.utf8.count % 24), noisePagesOfFour: 2) }
  }

  private var deviceTreeOverlays: [SampleFile] {
    [SampleFile("overlays/README", .text("In a release: what each overlay is for, and its parameters.\n"))]
      + SampleOverlayNames.all.map { name in
        var random = SplitMix64(seed: name)
        return filler("overlays/\(name).dtbo", 300 + Int(random.next() % 3_600))
      }
  }

  private var bootFiles: [SampleFile] {
    [
      filler("boot/System.map-rpi", 4_100_000, noisePagesOfFour: 1),
      filler("boot/config-rpi", 214_000, noisePagesOfFour: 1),
      filler("boot/initramfs-rpi", 12_400_000),
      filler("boot/modloop-rpi", 57_200_000),
      filler("boot/vmlinuz-rpi", 38_000_000, noisePagesOfFour: 1),
    ]
  }

  private var packageFiles: [SampleFile] {
    get throws(AlpineError) {
      let packages = try SamplePackage.all.map { package throws(AlpineError) in
        try package.built(for: architecture, payloadByteCount: scaled(package.byteCount))
      }
      let directory = "apks/\(architecture)"
      let index = try SamplePackage.index(of: packages, for: architecture)
      return [
        SampleFile("apks/.boot_repository", .bytes([])),
        SampleFile("\(directory)/APKINDEX.tar.gz", .bytes(index)),
      ] + packages.map { SampleFile("\(directory)/\($0.fileName)", .bytes($0.bytes)) }
    }
  }
}
