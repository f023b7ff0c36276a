// SPDX-License-Identifier: Apache-2.0
public import Blocks

/// A picture that gets its name when it is whole. Whether it can be made shows before anything is measured for it.
public final class PlotFile {
  private let file: ImageFile

  /// - Throws: where there is a directory or a device of the name, or the directory can't be written to.
  public init(path: String) throws(BlockError) { file = try ImageFile(path: path, size: 0) }

  /// What to remove where a process ends without waiting for `write`; nil where there is nothing.
  public var temporaryPath: String? { file.temporaryPath }

  /// Writes all of it, in place of a file that is there.
  ///
  /// - Parameter svg: nothing is written after it.
  public func write(_ svg: String) throws(BlockError) {
    let bytes = Array(svg.utf8)
    try file.resize(to: UInt64(bytes.count))
    try unsafe file.write(bytes.span.bytes, at: 0)
    try file.commit(isDurable: false)
  }
}
