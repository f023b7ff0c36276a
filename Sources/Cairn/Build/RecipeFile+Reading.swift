// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Recipes

/// Why there is no recipe in a file.
public enum RecipeReadError: Error, Equatable, Sendable {
  case unreadable(BlockError)
  case recipe(RecipeFileError)
}

extension RecipeReadError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let error): "\(error)"
    case .recipe(let error): "\(error)"
    }
  }
}

extension RecipeFile {
  /// Reads a file. Relative paths in it start from the directory that it is in.
  public init(contentsOf path: String) throws(RecipeReadError) {
    let bytes: [UInt8]
    do { bytes = try Self.bytes(of: path) } catch { throw .unreadable(error) }
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    do { try self.init(bytes, directory: directory) } catch { throw .recipe(error) }
  }

  /// What a file begins with: up to one byte more than a recipe may have.
  private static func bytes(of path: String) throws(BlockError) -> [UInt8] {
    let file = try ReadOnlyFile(path: path)
    var bytes = [UInt8](repeating: 0, count: Int(min(file.size, UInt64(largestByteCount) + 1)))
    var span = bytes.mutableSpan
    var target = unsafe span.mutableBytes
    try file.read(into: &target, at: 0)
    return bytes
  }
}
