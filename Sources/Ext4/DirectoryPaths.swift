// SPDX-License-Identifier: Apache-2.0

/// Directories by their whole paths: one look instead of one for each name on the way.
///
/// A help, and no more: what it doesn't know is found name by name. It takes 16 MiB of paths at most.
struct DirectoryPaths {
  private var bytes: [UInt8] = []
  private var entries: [(range: Range<Int>, directory: Int)] = []
  private var index = HashIndex()

  private static let largestByteCount = 16 << 20

  /// Index of the directory; nil where it is not known here.
  func find(_ path: ArraySlice<UInt8>) -> Int? {
    index.first(HashIndex.hash(path)) { bytes[entries[$0].range] == path }.map { entries[$0].directory }
  }

  /// - Parameter path: not known yet.
  mutating func insert(_ path: ArraySlice<UInt8>, directory: Int) {
    guard bytes.count + path.count <= Self.largestByteCount else { return }
    index.insert(entries.count, hash: HashIndex.hash(path))
    entries.append((bytes.count..<bytes.count + path.count, directory))
    bytes.append(contentsOf: path)
  }
}
