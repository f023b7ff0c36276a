// SPDX-License-Identifier: Apache-2.0
import Foundation
import Testing

/// The layers, read from the sources: SwiftPM's own check of imports doesn't see C modules.
@Suite struct LayerTests {
  /// What each target may import, the standard library's modules aside.
  private static let table: [String: Set<String>] = [
    "Blocks": ["CLinux", "CIsal"],
    "Entries": [],
    "Devices": ["Blocks", "CLinux", "CBlkid"],
    "PartitionTable": ["Blocks", "CFdisk", "CLinux"],
    "FAT32": ["Blocks", "Entries"],
    "Ext4": ["Blocks", "Entries", "CExt2fs"],
    "Archive": ["Entries", "CArchive", "CIsal", "CLinux"],
    "Alpine": ["Entries", "Archive", "CCrypto"],
    "Bench": ["Blocks", "CLinux"],
    "Recipes": ["Entries", "Ext4", "Alpine", "Yams"],
    "Cairn": [
      "CLinux", "Blocks", "Entries", "Devices", "PartitionTable", "FAT32", "Ext4", "Archive", "Alpine",
      "Bench",
      "Recipes", "Foundation",
    ],
    "CairnCommand": ["Cairn", "ArgumentParser", "Foundation"],
  ]
  private static let standardLibrary: Set<String> = ["Swift", "Synchronization"]

  @Test func `no target imports what the table of layers doesn't give it`() throws {
    for file in try SourceFile.all() {
      let allowed = try #require(Self.table[file.target], "\(file.path): no such target in the table")
        .union(Self.standardLibrary)
      for module in file.imports {
        #expect(allowed.contains(module), "\(file.path) imports \(module)")
      }
    }
  }

  @Test(arguments: [
    "Blocks", "Entries", "Devices", "PartitionTable", "FAT32", "Ext4", "Archive", "Alpine", "Bench",
  ])
  func `floors 1 to 3 do without Foundation`(target: String) throws {
    let files = try SourceFile.all().filter { $0.target == target }
    #expect(!files.isEmpty)
    for file in files {
      for module in file.imports {
        #expect(!module.hasPrefix("Foundation"), "\(file.path) imports \(module)")
      }
    }
  }

  @Test func `every Swift file begins with its licence`() throws {
    for file in try SourceFile.all(under: ["Sources", "Tests"]) {
      #expect(file.text.hasPrefix("// SPDX-License-Identifier: Apache-2.0\n"), "\(file.path)")
    }
  }

  @Test(arguments: ["FAT32", "Entries"])
  func `what needs no unsafe holds none`(target: String) throws {
    for file in try SourceFile.all() where file.target == target {
      #expect(!file.code.contains(/\bunsafe/), "\(file.path) holds unsafe")
    }
  }

  @Test func `every way to write an import is seen`() {
    let file = SourceFile(
      path: "Sources/FAT32/A.swift",
      text: """
        // import Comment
        import Blocks
        public import Entries  // import Comment
        @testable internal import struct CLinux.stat
        @_exported import Foundation.NSData
          import Synchronization; import CIsal
        let text = "import"
        """)
    #expect(file.target == "FAT32")
    #expect(file.imports == ["Blocks", "Entries", "CLinux", "Foundation", "Synchronization", "CIsal"])
  }
}

/// One Swift file of the package.
private struct SourceFile {
  /// From the package's root: Sources/FAT32/FSInfo.swift.
  let path: String
  let text: String

  var target: String { String(path.split(separator: "/")[1]) }

  /// The text without comments.
  var code: String { text.replacing(/\/\/[^\n]*/, with: "") }

  /// The modules it imports: the first name behind each `import` and the kind of declaration that may follow
  /// that.
  var imports: [String] {
    let statement =
      /(?:^|;)[ \t]*(?:@\w+\s+)*(?:\w+\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var)\s+)?(\w+)/
      .anchorsMatchLineEndings()
    return code.matches(of: statement).map { String($0.output.1) }
  }

  static func all(under folders: [String] = ["Sources"]) throws -> [SourceFile] {
    let root = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    let paths = folders.flatMap { folder in
      FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)?
        .compactMap { $0 as? String }.filter { $0.hasSuffix(".swift") }.map { "\(folder)/\($0)" } ?? []
    }
    try #require(!paths.isEmpty)
    return try paths.map { path in
      SourceFile(path: path, text: try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8))
    }
  }
}
