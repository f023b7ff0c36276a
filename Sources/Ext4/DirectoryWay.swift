// SPDX-License-Identifier: Apache-2.0

/// The way from the root to a directory. One directory's way shares most of the last one's, and is found from where the
/// two part.
struct DirectoryWay {
  /// A directory on the way.
  struct Step {
    /// Bytes of the path that lead to it.
    let byteCount: Int
    /// Its index.
    let directory: Int

    static let root = Step(byteCount: 0, directory: 0)
  }

  private var path: [UInt8] = []
  /// From the root's child down, as far as the directories of `path` have been found.
  private var steps: [Step] = []

  /// Takes the way to `newPath`, and returns the deepest directory of it that the last way had, too.
  mutating func turn(to newPath: ArraySlice<UInt8>) -> Step {
    let commonCount = Self.commonByteCount(path, newPath)
    while let last = steps.last, !Self.isOnWay(last.byteCount, of: newPath, commonCount) {
      steps.removeLast()
    }
    path.replaceSubrange(commonCount..., with: newPath.dropFirst(commonCount))
    return steps.last ?? .root
  }

  /// Takes all of the way at once, to a directory that is known.
  mutating func jump(to directory: Int) { steps = [Step(byteCount: path.count, directory: directory)] }

  mutating func append(_ step: Step) { steps.append(step) }

  private static func isOnWay(_ byteCount: Int, of path: ArraySlice<UInt8>, _ commonCount: Int) -> Bool {
    guard byteCount <= commonCount else { return false }
    return byteCount == path.count || path[path.startIndex + byteCount] == UInt8(ascii: "/")
  }

  private static func commonByteCount(_ path: [UInt8], _ other: ArraySlice<UInt8>) -> Int {
    let limit = min(path.count, other.count)
    let (first, second) = (path.span, other.span)
    var count = 0
    while count < limit, first[count] == second[count] { count += 1 }
    return count
  }
}
