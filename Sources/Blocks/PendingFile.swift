// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// A file that gets its name when it is whole.
///
/// Until then it is unnamed (O_TMPFILE), or bears a temporary name beside its own where the file system has
/// no unnamed files; that one is removed when the value goes.
struct PendingFile: ~Copyable {
  let descriptor: FileDescriptor
  let output: OutputName
  /// The name to rename or to remove.
  private(set) var temporaryPath: String?
  private var isPublished = false

  /// An empty file, with the mode of the file that it will replace, or else what the umask leaves of 0666.
  static func make(for output: OutputName) throws(BlockError) -> PendingFile {
    let file: PendingFile
    if let unnamed = unnamed(for: output) { file = unnamed } else { file = try named(for: output) }
    if let mode = output.mode { try file.descriptor.setMode(mode) }
    return file
  }

  private init(_ descriptor: consuming FileDescriptor, for output: OutputName, temporaryPath: String? = nil) {
    self.descriptor = descriptor
    self.output = output
    self.temporaryPath = temporaryPath
  }

  deinit { temporaryPath.map { name in _ = unsafe unlink(name) } }

  /// Gives the file its name, in place of whatever file has it now. Nothing happens the second time.
  mutating func publish() throws(BlockError) {
    guard !isPublished else { return }
    // linkat takes no name that is taken; rename replaces it in one step.
    if temporaryPath == nil, try !link(as: output.path) { temporaryPath = try linkTemporarily() }
    if let name = temporaryPath {
      guard unsafe rename(name, output.path) == 0 else { throw publishError() }
      temporaryPath = nil
    }
    isPublished = true
  }
}

extension PendingFile {
  /// Nil where that can't be, whatever the reason: the attempt to make a named one has the better error.
  private static func unnamed(for output: OutputName) -> PendingFile? {
    do throws(BlockError) {
      let descriptor = try FileDescriptor.open(
        output.directory, flags: O_RDWR | linux_O_TMPFILE, mode: 0o666, calledHere: output.path)
      // Without /proc it would never get a name.
      guard unsafe access(descriptor.pathInProc, F_OK) == 0 else { return nil }
      return PendingFile(descriptor, for: output)
    } catch {
      return nil
    }
  }

  static func named(for output: OutputName) throws(BlockError) -> PendingFile {
    var number = 0
    while true {
      let name = output.temporaryPath(number)
      do throws(BlockError) {
        let descriptor = try FileDescriptor.open(
          name, flags: O_RDWR | O_CREAT | O_EXCL, mode: 0o666, for: .create, calledHere: output.path)
        return PendingFile(descriptor, for: output, temporaryPath: name)
      } catch {
        guard case .system(_, _, _, EEXIST) = error else { throw error }
      }
      number += 1
    }
  }

  private func linkTemporarily() throws(BlockError) -> String {
    var number = 0
    while try !link(as: output.temporaryPath(number)) { number += 1 }
    return output.temporaryPath(number)
  }

  /// False where the name is taken.
  private func link(as name: String) throws(BlockError) -> Bool {
    if unsafe linkat(AT_FDCWD, descriptor.pathInProc, AT_FDCWD, name, AT_SYMLINK_FOLLOW) == 0 { return true }
    guard linux_errno() == EEXIST else { throw publishError() }
    return false
  }

  private func publishError() -> BlockError {
    .system(.publish, path: output.path, offset: nil, number: linux_errno())
  }
}

extension FileDescriptor {
  /// Where linkat finds a file that has no name.
  fileprivate var pathInProc: String { "/proc/self/fd/\(raw)" }
}
