// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// Why something in a directory tree can't be read; whoever knows its path makes an `ArchiveError` of it.
enum TreeFailure: Error, Equatable {
  case system(ArchiveError.Operation, number: CInt)
  case changed(ArchiveError.Change)

  /// Whether the name has gone since the directory was listed.
  var isGone: Bool {
    if case .system(_, ENOENT) = self { true } else { false }
  }

  func naming(_ path: String) -> ArchiveError {
    switch self {
    case .system(let operation, let number): .system(operation, path: path, number: number)
    case .changed(let change): .changed(path: path, change)
    }
  }
}

/// What a system call returned that says no with a number below zero; made again where a signal interrupted it.
func calling<Result: SignedInteger>(
  for operation: ArchiveError.Operation, _ call: () -> Result
) throws(TreeFailure) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let number = linux_errno()
    if number != EINTR { throw .system(operation, number: number) }
  }
}
