// SPDX-License-Identifier: Apache-2.0
import Foundation

/// A file system mounted at a directory of its own, until the value goes.
final class Mount {
  private let directory: TemporaryDirectory
  private var isMounted = true

  /// - Parameters:
  ///   - source: a block device, or any word where the type takes none.
  ///   - options: as mount(8) has them.
  init(_ source: String, type: String, options: String) throws {
    directory = try TemporaryDirectory()
    try ForeignTool("mount").succeed("-t", type, "-o", options, source, directory.path)
  }

  deinit { unmount() }

  var path: String { directory.path }

  func unmount() {
    guard isMounted else { return }
    // A child process that was started meanwhile may hold the mount for a moment.
    for _ in 0..<50 {
      if (try? ForeignTool("umount").run(path))?.status == 0 { break }
      usleep(20_000)
    }
    isMounted = false
  }
}
