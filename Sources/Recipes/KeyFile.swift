// SPDX-License-Identifier: Apache-2.0

/// A file of public ssh keys, as ssh-keygen or authorized_keys have them, and whom they let in.
public struct KeyFile: Equatable, Sendable {
  public var path: String
  /// Nil is root.
  public var user: String?

  public init(path: String, user: String? = nil) {
    self.path = path
    self.user = user
  }
}
