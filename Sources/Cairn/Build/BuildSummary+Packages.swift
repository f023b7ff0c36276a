// SPDX-License-Identifier: Apache-2.0
public import Alpine

extension BuildSummary {
  /// What the card has for its first boot, and what it lacks.
  public struct Packages: Equatable, Sendable {
    /// Packages that came into apk's cache.
    public let cachedCount: Int
    /// What the first boot has to fetch; always empty where it has no network.
    public let missing: [UnsatisfiedDependency]
    /// Services whose scripts a missing package may bring.
    public let unknownServices: [UnknownService]
    /// Packages that don't go together, unless apk chooses others.
    public let conflicts: [PackageConflict]
    /// Files for the cache that have no place in it, as they are called in their input.
    public let passedOver: [String]

    /// - Parameter check: nil where an input brought the apkovl, or the release could not be recognised.
    init(cachedCount: Int, passedOver: [String], check: SystemCheck?) {
      self.cachedCount = cachedCount
      self.passedOver = passedOver
      missing = check?.unsatisfied ?? []
      unknownServices = check?.unknownServices ?? []
      conflicts = check?.conflicts ?? []
    }

    /// What its owner may not want, a line each.
    public var warnings: [String] {
      missing.map { "not on the card, to be fetched by the first boot: \($0)" }
        + unknownServices.map {
          "service \($0.service.name) starts only if what the first boot fetches has it"
        }
        + conflicts.map { "packages: \($0)" } + passedOver.prefix(Self.mostNamed).map(Self.passedOver)
        + (passedOver.count > Self.mostNamed
          ? ["cache: \(passedOver.count - Self.mostNamed) files more are left out"] : [])
    }

    private static let mostNamed = 5

    private static func passedOver(_ path: String) -> String {
      "cache: \(path) is left out: no package, and no index of a repository of the card's"
    }
  }
}
