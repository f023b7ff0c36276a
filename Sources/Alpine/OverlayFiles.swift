// SPDX-License-Identifier: Apache-2.0
public import Entries

/// Files that a person wants in the overlay beside what the settings make: scripts, configurations, whole trees.
///
/// They keep their owners and modes. Their times are the overlay's, extended attributes are left out, as init's tar
/// knows none, and a hard link becomes a file of its own. Of what comes twice, the last one counts.
public struct OverlayFiles: Equatable, Sendable {
  /// In the order in which they came.
  private(set) var files: [File] = []
  private var indices: [EntryPath: Int] = [:]
  /// Of all contents, in bytes.
  public private(set) var byteCount: UInt64 = 0

  struct File: Equatable, Sendable {
    var entry: Entry
    var bytes: [UInt8]
  }

  /// How much content is taken, in bytes: the Pi holds all of it in RAM, twice while it boots.
  public static let largestByteCount: UInt64 = 64 << 20

  public init() {}

  public var isEmpty: Bool { files.isEmpty }

  /// Of every file, link and directory.
  public var paths: [EntryPath] { files.map(\.entry.path) }

  /// Adds all that is left in `reader`: a tar, or a directory whose files are to belong to root.
  ///
  /// - Throws: `reading`; `writing` with `AlpineError.overlayFile` for what an overlay can't hold.
  public mutating func add<Reader: EntryReader & ~Copyable>(
    contentsOf reader: inout Reader
  ) throws(CopyError<Reader.Failure, AlpineError>) {
    var collector = Collector(files: self)
    try collector.add(contentsOf: &reader)
    do throws(AlpineError) { try collector.finish() } catch { throw .writing(error) }
    self = collector.files
  }
}

/// What makes an entry unfit for an overlay.
public enum OverlayFileProblem: Equatable, Sendable {
  case tooMuch
  case special
  case unnameable
  /// The boot mounts something over it, or clears the directory.
  case hidden
  case missingLinkTarget
  /// Something that is no directory has the path of a directory, or the other way round.
  case inTheWay(of: EntryPath)
}

extension OverlayFileProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tooMuch:
      "with it the files are more than \(OverlayFiles.largestByteCount >> 20) MiB, and the Pi keeps them in RAM; "
        + "put large ones on the data partition"
    case .special: "is a device, a FIFO or a socket, which lbu doesn't keep; leave it out"
    case .unnameable: "has a line break in its name, which lbu's lists can't hold; rename it"
    case .hidden: "lies where the boot mounts something else or clears all; put it somewhere else"
    case .missingLinkTarget: "is a hard link to a file that has not come; put the file before it"
    case .inTheWay(let path): "is no directory, and \(path) lies in it; rename one of them"
    }
  }
}

// MARK: Collecting

extension OverlayFiles {
  /// Takes entries with their bytes.
  private struct Collector: EntryWriter {
    var files: OverlayFiles
    private var current: File?

    init(files: OverlayFiles) { self.files = files }

    mutating func add(_ entry: Entry) throws(AlpineError) {
      try finish()
      guard !entry.path.isRoot else { return }
      var entry = entry
      entry.extendedAttributes = []
      entry.mode &= 0o7777
      current = try files.file(for: entry)
    }

    mutating func append(_ bytes: RawSpan) throws(AlpineError) {
      current?.bytes += Array(copying: bytes)
    }

    mutating func finish() throws(AlpineError) {
      guard let file = current.take() else { return }
      files.put(file.withoutHoles)
    }
  }

  /// The file as it is kept, so far without content that is still to come.
  private func file(for entry: Entry) throws(AlpineError) -> File {
    guard !entry.path.bytes.contains(UInt8(ascii: "\n")) else { throw .overlayFile(entry.path, .unnameable) }
    guard entry.kind == .directory || !Self.isHidden(entry.path) else {
      throw .overlayFile(entry.path, .hidden)
    }
    switch entry.kind {
    case .directory, .symbolicLink: return File(entry: entry, bytes: [])
    case .regular(let content):
      try checkSize(content.size, of: entry.path)
      return File(entry: entry, bytes: [])
    case .hardLink(let target):
      guard let index = indices[target], case .regular = files[index].entry.kind else {
        throw .overlayFile(entry.path, .missingLinkTarget)
      }
      try checkSize(UInt64(files[index].bytes.count), of: entry.path)
      var file = files[index]
      file.entry.path = entry.path
      return file
    case .characterDevice, .blockDevice, .fifo, .socket: throw .overlayFile(entry.path, .special)
    }
  }

  private static func isHidden(_ path: EntryPath) -> Bool {
    [EntryPath("dev"), EntryPath("proc"), EntryPath("run"), EntryPath("sys"), EntryPath("tmp")]
      .contains { path.isEqualOrBelow($0) }
  }

  private func checkSize(_ size: UInt64, of path: EntryPath) throws(AlpineError) {
    let replaced = indices[path].map { UInt64(files[$0].bytes.count) } ?? 0
    guard size <= Self.largestByteCount - (byteCount - replaced) else { throw .overlayFile(path, .tooMuch) }
  }

  private mutating func put(_ file: File) {
    byteCount += UInt64(file.bytes.count)
    guard let index = indices[file.entry.path] else {
      indices[file.entry.path] = files.count
      files.append(file)
      return
    }
    byteCount -= UInt64(files[index].bytes.count)
    files[index] = file
  }
}

extension OverlayFiles.File {
  /// With zeros where the file has holes.
  fileprivate var withoutHoles: Self {
    guard case .regular(let content) = entry.kind, let ranges = content.dataRanges else { return self }
    var whole = [UInt8](repeating: 0, count: Int(content.size))
    var start = 0
    for range in ranges {
      let end = start + Int(range.upperBound - range.lowerBound)
      whole.replaceSubrange(Int(range.lowerBound)..<Int(range.upperBound), with: bytes[start..<end])
      start = end
    }
    var file = self
    file.entry.kind = .regular(Entry.Content(size: content.size))
    file.bytes = whole
    return file
  }
}
