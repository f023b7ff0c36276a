// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

/// Every Swift target: imports are internal unless they say otherwise.
let testSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

/// What ships is memory-safe but where a line says `unsafe`.
let settings = testSettings + [.strictMemorySafety()]

/// A library target: what may stand in `dependencies` is the table of layers that `Tests/LayerTests` holds
/// the sources to.
func floor(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: testSettings)
}

let package = Package(
  name: "cairn",
  products: [
    .executable(name: "cairn", targets: ["CairnCommand"]),
    .library(name: "Cairn", targets: ["Cairn"]),
    .library(name: "FAT32", targets: ["FAT32"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .target(name: "CLinux"),
    .systemLibrary(name: "CIsal", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CFdisk", pkgConfig: "fdisk", providers: [.apt(["libfdisk-dev"])]),
    .systemLibrary(name: "CExt2fs", pkgConfig: "ext2fs", providers: [.apt(["libext2fs-dev"])]),
    .systemLibrary(name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .systemLibrary(name: "CBlkid", pkgConfig: "blkid", providers: [.apt(["libblkid-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),

    floor("Blocks", ["CLinux", "CIsal"]),
    floor("Entries", []),

    floor("Devices", ["Blocks", "CLinux", "CBlkid"]),
    floor("PartitionTable", ["Blocks", "CFdisk", "CLinux"]),
    floor("FAT32", ["Blocks", "Entries"]),
    floor("Ext4", ["Blocks", "Entries", "CExt2fs"]),
    floor("Archive", ["Entries", "CArchive", "CIsal", "CLinux"]),

    floor("Alpine", ["Entries", "Archive", "CCrypto"]),
    floor("Bench", ["Blocks", "CLinux"]),

    floor("Recipes", ["Entries", "Ext4", "Alpine", "Yams"]),

    floor(
      "Cairn",
      [
        "CLinux", "Blocks", "Entries", "Devices", "PartitionTable", "FAT32", "Ext4", "Archive", "Alpine",
        "Bench",
        "Recipes",
      ]),

    .executableTarget(
      name: "CairnCommand",
      dependencies: ["Cairn", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: settings),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: testSettings),
    tests("BlocksTests", ["Blocks", "CLinux"]),
    tests("EntriesTests", ["Entries"]),
    tests("DevicesTests", ["Devices", "Blocks"]),
    tests("PartitionTableTests", ["PartitionTable", "Blocks"]),
    tests("FAT32Tests", ["FAT32", "Blocks", "Entries", "Archive"]),
    tests("Ext4Tests", ["Ext4", "Archive", "Blocks", "Entries"]),
    tests("ArchiveTests", ["Archive", "Entries", "CLinux"]),
    tests("AlpineTests", ["Alpine", "Archive", "Entries"]),
    tests("BenchTests", ["Bench", "Blocks", "CLinux"]),
    tests("RecipesTests", ["Recipes", "Alpine", "Ext4"]),
    tests("CairnTests", ["Cairn"]),
    tests("CommandTests", ["CairnCommand", "Cairn"]),
    tests("BootTests", ["Alpine", "CairnCommand"]),
    tests("LayerTests", []),
  ]
)
