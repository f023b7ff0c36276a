// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A device table at work: gives entries their owners as they pass, and makes at the end what none of them was.
public struct DeviceTableUse: Sendable {
  private let table: DeviceTable
  /// Numbers of lines that no entry has needed, by their index.
  private var isUnused: [Bool]

  public init(of table: DeviceTable) {
    self.table = table
    isUnused = table.lines.map { _ in true }
  }

  /// Gives the entry what the table says of its path.
  ///
  /// - Throws: `deviceTable` where the line is for something else than the entry is.
  public mutating func apply(to entry: inout Entry) throws(ArchiveError) {
    let exact = table.indices[entry.path]
    if let exact { try check(exact, entry) }
    let matches = table.recursiveIndices.filter { entry.path.isEqualOrBelow(table.lines[$0].path) }
    for index in (matches + (exact.map { [$0] } ?? [])).sorted() {
      isUnused[index] = false
      let line = table.lines[index]
      entry.owner = line.owner
      if let mode = line.mode, !entry.kind.isLink { entry.mode = mode }
      entry.kind = entry.kind.replacingDevice(line)
    }
  }

  /// What the table has and no entry was, in the order of its lines: directories, devices, fifos.
  ///
  /// - Parameter time: when they were modified.
  /// - Throws: `deviceTable` for a file, which can't be made of nothing.
  public func additions(time: Timestamp) throws(ArchiveError) -> [Entry] {
    var entries: [Entry] = []
    for (line, isUnused) in zip(table.lines, isUnused) where isUnused {
      guard let kind = line.kind else { throw error(line, .missing(line.path)) }
      let mode = line.mode ?? (kind == .directory ? 0o755 : 0o600)
      entries.append(Entry(line.path, kind, mode: mode, owner: line.owner, modificationTime: time))
    }
    return entries
  }

  private func check(_ index: Int, _ entry: Entry) throws(ArchiveError) {
    let line = table.lines[index]
    if case .hardLink(let target) = entry.kind { throw error(line, .hardLink(entry.path, to: target)) }
    if !line.type.fits(entry.kind) { throw error(line, .otherType(entry.path)) }
  }

  private func error(_ line: DeviceTable.Line, _ problem: DeviceTableProblem) -> ArchiveError {
    .deviceTable(path: table.path, line: line.number, problem)
  }
}

extension DeviceTable.Line {
  /// What can be made of the line alone.
  fileprivate var kind: Entry.Kind? {
    switch type {
    case .file, .recursive: nil
    case .directory: .directory
    case .characterDevice: .characterDevice(major: device.major, minor: device.minor)
    case .blockDevice: .blockDevice(major: device.major, minor: device.minor)
    case .fifo: .fifo
    }
  }
}

extension DeviceTable.LineType {
  fileprivate func fits(_ kind: Entry.Kind) -> Bool {
    switch (self, kind) {
    case (.file, .regular), (.file, .symbolicLink), (.file, .socket), (.directory, .directory),
      (.characterDevice, .characterDevice), (.blockDevice, .blockDevice), (.fifo, .fifo):
      true
    default: false
    }
  }
}

extension Entry.Kind {
  /// The mode of a link says nothing.
  fileprivate var isLink: Bool {
    switch self {
    case .symbolicLink, .hardLink: true
    default: false
    }
  }

  fileprivate func replacingDevice(_ line: DeviceTable.Line) -> Entry.Kind {
    switch line.type {
    case .characterDevice, .blockDevice: line.kind ?? self
    default: self
    }
  }
}
