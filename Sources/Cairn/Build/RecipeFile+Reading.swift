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
    do throws(BlockError) {
      // One more than a recipe may have shows that it is too large.
      bytes = try ReadOnlyFile(path: path).firstBytes(Self.largestByteCount + 1)
    } catch { throw .unreadable(error) }
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
    do { try self.init(bytes, directory: directory) } catch { throw .recipe(error) }
  }
}
