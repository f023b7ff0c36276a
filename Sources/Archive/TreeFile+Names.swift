// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// The names in a directory, sorted by their bytes.
struct DirectoryNames {
  /// Every name with its NUL, as they came.
  private var bytes: [CChar] = []
  /// Where each name begins, in the order of the names.
  private var starts: [Int] = []

  var count: Int { starts.count }

  /// The name with its NUL.
  subscript(index: Int) -> [CChar] {
    let rest = bytes[starts[index]...]
    return Array(rest.prefix { $0 != 0 }) + [0]
  }

  fileprivate mutating func append(_ name: RawSpan) {
    starts.append(bytes.count)
    for offset in 0..<name.byteCount { bytes.append(CChar(bitPattern: name.byte(at: offset))) }
    bytes.append(0)
  }

  fileprivate mutating func sort() {
    // strcmp takes bytes as unsigned.
    unsafe bytes.withUnsafeBufferPointer { bytes in
      guard let base = bytes.baseAddress else { return }
      starts.sort { unsafe strcmp(base + $0, base + $1) < 0 }
    }
  }
}

extension TreeFile {
  /// Reads the directory from where it stands, its beginning.
  func names(through buffer: inout ReadBuffer) throws(TreeFailure) -> DirectoryNames {
    var names = DirectoryNames()
    while true {
      let count = try fillWithRecords(&buffer)
      if count == 0 { break }
      Self.append(namesIn: buffer.bytes(0..<count), to: &names)
    }
    names.sort()
    return names
  }

  /// A directory that was removed meanwhile is empty.
  private func fillWithRecords(_ buffer: inout ReadBuffer) throws(TreeFailure) -> Int {
    do throws(TreeFailure) {
      return try unsafe buffer.fill(for: .list) { memory, byteCount in
        unsafe linux_getdents(descriptor, memory, byteCount)
      }
    } catch {
      if error.isGone { return 0 }
      throw error
    }
  }

  /// Byte offsets in a struct linux_dirent64. Source: getdents(2).
  private enum Field {
    static let reclen = 16
    static let name = 19
  }

  private static func append(namesIn records: RawSpan, to names: inout DirectoryNames) {
    var offset = 0
    while offset + Field.name < records.byteCount {
      let recordByteCount = Int(
        unsafe records.unsafeLoadUnaligned(fromByteOffset: offset + Field.reclen, as: UInt16.self))
      let end = offset + recordByteCount
      guard recordByteCount > Field.name, end <= records.byteCount else { return }
      let name =
        (offset + Field.name)..<((offset + Field.name..<end).first { records.byte(at: $0) == 0 } ?? end)
      append(records.extracting(name), to: &names)
      offset = end
    }
  }

  private static func append(_ name: RawSpan, to names: inout DirectoryNames) {
    let isDots =
      name.byteCount <= 2 && (0..<name.byteCount).allSatisfy { name.byte(at: $0) == UInt8(ascii: ".") }
    if !isDots { names.append(name) }
  }
}
