// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A small text file in the root of the boot partition to which settings are added.
public enum BootFile: String, CaseIterable, Sendable {
  /// The kernel's parameters, in one line.
  case commandLine = "cmdline.txt"
  /// The user's part of config.txt.
  case userConfiguration = "usercfg.txt"

  /// Bytes that are read of one: real ones have some hundred.
  public static let largestByteCount = 64 << 10

  /// The file that lies at a path, in capital or small letters, between which FAT makes no difference; nil where
  /// something else does.
  public init?(_ path: EntryPath) {
    guard path.bytes.count == path.name.count else { return nil }
    let name = String(decoding: path.bytes, as: UTF8.self).lowercased()
    self.init(rawValue: name)
  }

  public var path: EntryPath {
    switch self {
    case .commandLine: EntryPath("cmdline.txt")
    case .userConfiguration: EntryPath("usercfg.txt")
    }
  }

  /// The file with what the settings add to it.
  ///
  /// - Parameter content: as it was brought; empty for a file that nothing brought.
  /// - Throws: `AlpineError.bootFile` for a command line that can't be added to.
  public func adding(
    _ settings: SystemSettings.BootSettings, to content: [UInt8]
  ) throws(AlpineError) -> [UInt8] {
    switch self {
    case .commandLine: try Self.commandLine(content, adding: settings.kernelWords)
    case .userConfiguration: Self.userConfiguration(content, adding: settings.configurationLines)
    }
  }

  /// Whether the settings have anything for it.
  public func isChanged(by settings: SystemSettings.BootSettings) -> Bool {
    switch self {
    case .commandLine: !settings.kernelWords.isEmpty
    case .userConfiguration: !settings.configurationLines.isEmpty
    }
  }
}

// The kernel's parameters.
extension BootFile {
  /// Bytes of a line that every kernel of the Pi takes. The firmware's own parameters come on top, so there is room
  /// below COMMAND_LINE_SIZE of 32-bit ARM.
  ///
  /// Source: Linux, arch/arm/include/uapi/asm/setup.h: 1024; asm-generic/setup.h, for arm64: 2048.
  static let longestCommandLine = 768

  private static func commandLine(
    _ content: [UInt8], adding words: [String]
  ) throws(AlpineError) -> [UInt8] {
    let lines = content.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
      .filter { !$0.allSatisfy(\.isSpaceOrControl) }
    guard lines.count <= 1 else { throw .bootFile(BootFile.commandLine.path, .severalLines) }
    let line = lines.first.map { String(decoding: $0, as: UTF8.self) } ?? ""
    let present = line.split(separator: " ").map(String.init)
    // A second console of the same name would be registered twice.
    let serialConsole = SystemSettings.BootSettings.serialConsole
    let added = words.filter { $0 != serialConsole || !present.contains(serialConsole) }
    let text = (present + added).joined(separator: " ")
    guard text.utf8.count <= longestCommandLine else {
      throw .bootFile(BootFile.commandLine.path, .tooLong(byteCount: text.utf8.count))
    }
    return Array("\(text)\n".utf8)
  }
}

// The user's configuration.
extension BootFile {
  /// Behind a filter that is in force at the end, "[all]" makes the lines count for every board.
  private static func userConfiguration(_ content: [UInt8], adding lines: [String]) -> [UInt8] {
    guard !lines.isEmpty else { return content }
    let newline = UInt8(ascii: "\n")
    var text = content
    if let last = text.last, last != newline { text.append(newline) }
    let filters = content.split { $0 == newline || $0 == UInt8(ascii: "\r") }
      .map { $0.drop(while: \.isSpaceOrControl) }.filter { $0.first == UInt8(ascii: "[") }
    if let filter = filters.last, !filter.starts(with: Array("[all]".utf8)) { text += Array("[all]\n".utf8) }
    return text + lines.flatMap { Array("\($0)\n".utf8) }
  }
}

/// Why a boot file can't get what the settings add to it.
public enum BootFileProblem: Equatable, Sendable {
  /// More than `BootFile.largestByteCount`.
  case tooLarge(byteCount: UInt64)
  /// The kernel gets the first line alone.
  case severalLines
  /// With what is added, in bytes.
  case tooLong(byteCount: Int)
  /// The release has none to add to.
  case missing
  /// A directory, a link or a device.
  case notAFile
}

extension BootFileProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooLarge(let byteCount):
      "has \(byteCount) bytes, and settings are added to at most \(BootFile.largestByteCount); take another file"
    case .severalLines:
      "has more than one line, and the kernel gets only the first; make one of them, or leave the parameters out"
    case .tooLong(let byteCount):
      "would have \(byteCount) characters, and a Pi's kernel takes \(BootFile.longestCommandLine) beside the "
        + "firmware's own; leave some parameters out"
    case .missing: "is not among the boot files, so nothing can be added to it; take a release that has it"
    case .notAFile: "is no regular file, so nothing can be added to it; take a release where it is one"
    }
  }
}
