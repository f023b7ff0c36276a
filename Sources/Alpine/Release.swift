// SPDX-License-Identifier: Apache-2.0

/// What a release tarball is, learnt from its entries.
public struct Release: Equatable, Sendable {
  /// "Alpine Linux", and what it is instead of a Raspberry Pi release where its own file says so.
  public var name: String
  /// As the release writes it: "3.13.4".
  public var version: String
  public var architecture: Architecture
  /// The boards that it has device trees for, in the order of `PiModel`, each once.
  public var models: [PiModel]
  /// Packages that the release brings along.
  public var packageCount: Int

  public init(
    name: String = "Alpine Linux", version: String, architecture: Architecture, models: [PiModel],
    packageCount: Int
  ) {
    self.name = name
    self.version = version
    self.architecture = architecture
    self.models = models
    self.packageCount = packageCount
  }
}

extension Release: CustomStringConvertible {
  /// One line for people: "Alpine Linux 3.13.4 aarch64 for Pi 2, 3, 3+, 4, 400, CM3, CM4, with 68 packages".
  public var description: String {
    let boards = models.map(\.rawValue).joined(separator: ", ")
    return "\(name) \(version) \(architecture) for Pi \(boards), with \(packageCount) packages"
  }
}

extension Release {
  /// The branch of the mirrors that goes with it: "v3.13"; "edge" for what is no numbered release.
  var branch: String {
    guard let number = Self.number(version) else { return "edge" }
    return "v\(number.major).\(number.minor)"
  }

  /// Whether it is of this branch or a later one; edge is later than all.
  func isAtLeast(major: Int, minor: Int) -> Bool {
    guard let number = Self.number(version) else { return true }
    return (number.major, number.minor) >= (major, minor)
  }

  /// "3.13.4" and "3.22.0_rc1" have numbers, a snapshot ("20240329", "3.20.0_alpha20240329") has none.
  private static func number(_ version: String) -> (major: Int, minor: Int)? {
    let parts = version.split(separator: ".")
    guard parts.count == 3, !version.contains("_alpha"), !version.contains("_git"),
      let major = Int(parts[0]), let minor = Int(parts[1])
    else { return nil }
    return (major, minor)
  }
}
