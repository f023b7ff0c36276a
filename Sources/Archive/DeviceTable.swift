// SPDX-License-Identifier: Apache-2.0
internal import CLinux
public import Entries

/// Owners, modes and devices by path, from a text file: what lets an ordinary user give files to others and make
/// device nodes that are nobody's to make.
///
/// A line an entry: path, type, mode (octal, or -1 to leave it), user, group; for devices also major, minor, and for
/// several of them start, increment, count. "-" stands for a field that says nothing, "#" begins a comment. In a path,
/// a blank is \040. Types: f a file or a link, d a directory, r a directory and all below it, c and b a device, p a
/// fifo. A path has one line; where lines of type r speak of it, too, the last of all decides.
///
/// With a count, the paths have the numbers from start on behind them, as many as the count says, and minor numbers
/// grow by the increment: as Buildroot's makedevs has it. genext2fs takes the count for the number to stop before.
///
/// ```
/// # path         type mode user group major minor start inc count
/// home/pi        r    -1   1000 1000
/// etc/shadow     f    640  0    42
/// dev/console    c    600  0    0     5     1
/// dev/tty        c    620  0    5     4     0     0     1   4
/// ```
///
/// Source: genext2fs(8), "DEVICE TABLES"; Buildroot's manual, "Makedev syntax documentation".
public struct DeviceTable: Equatable, Sendable {
  /// For errors.
  let path: String
  private(set) var lines: [Line] = []
  /// Of the lines that are for one path; devices of one line have a path each.
  private(set) var indices: [EntryPath: Int] = [:]
  /// Directories with all below them, in the order of their lines.
  private(set) var recursiveIndices: [Int] = []

  /// What a line says of its path.
  struct Line: Equatable, Sendable {
    let number: Int
    let path: EntryPath
    let type: LineType
    /// Nil where the mode is left as it is.
    let mode: UInt16?
    let owner: Entry.Owner
    let device: Device
  }

  enum LineType: UInt8, Sendable {
    case file = 0x66  // f
    case directory = 0x64  // d
    case recursive = 0x72  // r
    case characterDevice = 0x63  // c
    case blockDevice = 0x62  // b
    case fifo = 0x70  // p
  }

  struct Device: Equatable, Sendable {
    let major, minor: UInt32
  }

  /// Reads the file, of at most 16 MiB.
  ///
  /// - Throws: `system`, `deviceTable`.
  public init(contentsOf path: String) throws(ArchiveError) {
    let file = try ArchiveFile.open(path)
    var text: [UInt8] = []
    while try file.fill() {
      let bytes = unsafe file.bytes
      unsafe text += bytes
      file.consume(bytes.count)
      guard text.count <= Self.largestByteCount else { throw .deviceTable(path: path, line: 0, .tooLarge) }
    }
    try self.init(text, path: path)
  }

  /// - Parameter path: for errors.
  public init(_ text: [UInt8], path: String) throws(ArchiveError) {
    self.path = path
    for (index, line) in text.split(separator: 0x0A, omittingEmptySubsequences: false).enumerated() {
      do throws(DeviceTableProblem) { try add(line, number: index + 1) } catch {
        throw .deviceTable(path: path, line: index + 1, error)
      }
    }
  }

  private static let largestByteCount = 16 << 20
}

// What the lines say.
extension DeviceTable {
  /// Fields by their place in a line.
  private enum Field: Int {
    case path, type, mode, user, group, major, minor, start, increment, count
  }

  private mutating func add(_ text: ArraySlice<UInt8>, number: Int) throws(DeviceTableProblem) {
    let fields = text.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    guard let first = fields.first, first.first != UInt8(ascii: "#") else { return }
    guard (Field.group.rawValue + 1...Field.count.rawValue + 1).contains(fields.count) else {
      throw .fieldCount(fields.count)
    }
    guard fields[Field.type.rawValue].count == 1,
      let type = LineType(rawValue: fields[Field.type.rawValue].first ?? 0)
    else { throw .unknownType(Array(fields[Field.type.rawValue])) }
    let owner = Entry.Owner(
      user: try Self.number(fields, .user) ?? 0, group: try Self.number(fields, .group) ?? 0)
    let mode = try Self.mode(fields[Field.mode.rawValue])
    let count = try Self.number(fields, .count) ?? 0
    guard count <= Self.largestDeviceCount else { throw .malformedNumber(field: "count") }
    let major = try Self.number(fields, .major) ?? 0
    let minor = try Self.number(fields, .minor) ?? 0
    let start = try Self.number(fields, .start) ?? 0
    let increment = try Self.number(fields, .increment) ?? 0
    for index in 0..<max(1, count) {
      let (step, overflow) = index.multipliedReportingOverflow(by: increment)
      let (own, ownOverflow) = minor.addingReportingOverflow(step)
      let (suffix, suffixOverflow) = start.addingReportingOverflow(index)
      guard !overflow, !ownOverflow, !suffixOverflow else { throw .malformedNumber(field: "minor") }
      let path = try Self.path(first, suffix: count > 0 ? suffix : nil)
      try add(
        Line(
          number: number, path: path, type: type, mode: mode, owner: owner,
          device: Device(major: major, minor: own)))
    }
  }

  /// Minor numbers have twenty bits.
  private static let largestDeviceCount: UInt32 = 1 << 20

  private mutating func add(_ line: Line) throws(DeviceTableProblem) {
    if line.type == .recursive {
      recursiveIndices.append(lines.count)
    } else if let other = indices.updateValue(lines.count, forKey: line.path) {
      throw .duplicate(otherLine: lines[other].number)
    }
    lines.append(line)
  }

  private static func path(_ text: ArraySlice<UInt8>, suffix: UInt32?) throws(DeviceTableProblem) -> EntryPath
  {
    var bytes = try unescaped(text.drop { $0 == UInt8(ascii: "/") })
    if let suffix { bytes += Array("\(suffix)".utf8) }
    do { return try EntryPath(bytes) } catch { throw .unsafePath(error) }
  }

  /// With the byte of each "\" and its three octal digits.
  private static func unescaped(_ text: ArraySlice<UInt8>) throws(DeviceTableProblem) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      guard rest.count >= 3, let value = number(rest.prefix(3), radix: 8), value < 256 else { throw .escape }
      bytes.append(UInt8(value))
      rest = rest.dropFirst(3)
    }
    return bytes
  }

  private static func mode(_ text: ArraySlice<UInt8>) throws(DeviceTableProblem) -> UInt16? {
    if text == Array("-1".utf8)[...] || text == [UInt8(ascii: "-")] { return nil }
    guard let mode = number(text, radix: 8), mode <= 0o7777 else { throw .malformedNumber(field: "mode") }
    return UInt16(mode)
  }

  /// Nil where the field is not there or is "-".
  private static func number(
    _ fields: [ArraySlice<UInt8>], _ field: Field
  ) throws(DeviceTableProblem) -> UInt32? {
    guard field.rawValue < fields.count, fields[field.rawValue] != [UInt8(ascii: "-")] else { return nil }
    guard let value = number(fields[field.rawValue], radix: 10) else {
      throw .malformedNumber(field: "\(field)")
    }
    return value
  }

  private static func number(_ text: ArraySlice<UInt8>, radix: UInt32) -> UInt32? {
    guard !text.isEmpty else { return nil }
    var value: UInt32 = 0
    for byte in text {
      let digit = UInt32(byte &- UInt8(ascii: "0"))
      guard digit < radix else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: radix)
      let (sum, sumOverflow) = product.addingReportingOverflow(digit)
      guard !overflow, !sumOverflow else { return nil }
      value = sum
    }
    return value
  }
}

/// What can be wrong with a line of a device table, or with what it asks for.
public enum DeviceTableProblem: Error, Equatable, Sendable {
  case fieldCount(Int)
  case unknownType([UInt8])
  case malformedNumber(field: String)
  case escape
  case unsafePath(EntryPathError)
  case duplicate(otherLine: Int)
  /// Nothing has the path, and the type says nothing of how to make it.
  case missing(EntryPath)
  /// What has the path is of another type.
  case otherType(EntryPath)
  /// What has the path is a further name of a file, which has the owner of its first name.
  case hardLink(EntryPath, to: EntryPath)
  case tooLarge
}

extension DeviceTableProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .fieldCount(let count):
      "has \(count) fields; it takes path, type, mode, user, group, and for devices major, minor, start, increment, count"
    case .unknownType(let type): "type \(type.printable) is none of f, d, r, c, b and p"
    case .malformedNumber(let field):
      field == "mode"
        ? "mode must be octal, at most 7777, or -1" : "\(field) is not a number, or too large a one"
    case .escape: "\"\\\" must be followed by three octal digits"
    case .unsafePath(let error): "the path \(error)"
    case .duplicate(let line): "the path has been there in line \(line)"
    case .missing(let path): "\(path): no input has it; leave the line out"
    case .otherType(let path): "\(path): is something else in the input; mend the line's type"
    case .hardLink(let path, let target):
      "\(path): is a hard link to \(target) and has its owner and mode; name that one"
    case .tooLarge: "has more than 16 MiB; is it a device table?"
    }
  }
}
