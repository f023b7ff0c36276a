// SPDX-License-Identifier: Apache-2.0

/// A setting that can't be: which one, and what would be right.
public struct SettingProblem: Error, Equatable, Sendable {
  /// Names and numbers that lead to the setting, such as ["users", "0", "name"].
  public var key: [String]
  /// What is wrong with the value, and what would be right.
  public var reason: String

  public init(_ key: [String], _ reason: String) {
    self.key = key
    self.reason = reason
  }
}

extension SettingProblem: CustomStringConvertible {
  public var description: String { "\(key.joined(separator: ".")): \(reason)" }
}
