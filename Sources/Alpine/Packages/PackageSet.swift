// SPDX-License-Identifier: Apache-2.0

/// Packages that are at hand, and whether a world can be installed from them.
///
/// Reachability, not a solver. A dependency is met where some package that can itself be installed has the name, or
/// provides it, in a version that will do; cycles are no obstacle. What this leaves out:
/// - That one choice must fit all: two packages that ask for different versions of a third are each met, and apk
///   installs only one. Conflicts ("!vlan") are pointed out, not avoided.
/// - Packages that join unasked (install_if): where they or their needs can't be installed, nothing is said.
/// - Tags ("docker@edge"): which repository a package comes from doesn't count.
/// - Signatures, and files that two packages share.
/// - What is installed already: nothing is, on a diskless system's way up.
///
/// Source: apk-world(5), apk-package(5); apk-tools 2.12, package.c, `apk_dep_is_provided`, for what meets a dependency.
public struct PackageSet: Sendable {
  private let packages: [Package]
  /// Who stands in for a name.
  private let providers: [String: [Provider]]

  private struct Provider {
    let packageIndex: Int
    let version: PackageVersion?
    /// Whether it is the package's own name.
    let isOwnName: Bool
  }

  /// - Parameter packages: from the release and from the cache; those that apk would not install on `architecture`
  ///   don't count.
  public init(_ packages: [Package], architecture: Architecture?) {
    let packages = packages.filter { package in architecture.map { package.fits($0) } ?? true }
    var providers: [String: [Provider]] = [:]
    for (index, package) in packages.enumerated() {
      providers[package.name, default: []].append(
        Provider(packageIndex: index, version: package.version, isOwnName: true))
      for provision in package.provisions {
        providers[provision.name, default: []].append(
          Provider(packageIndex: index, version: provision.version, isOwnName: false))
      }
    }
    self.packages = packages
    self.providers = providers
  }

  /// What installing `world` comes to.
  ///
  /// - Parameter world: init asks for alpine-base besides.
  public func installation(of world: [Dependency]) -> Installation {
    let installable = Installable(self)
    var unsatisfied: [UnsatisfiedDependency] = []
    var choice = Choice(self, installable)
    for dependency in world where !dependency.isConflict {
      if installable.canMeet(dependency, of: self) {
        choice.take(dependency, neededBy: [])
      } else {
        var search = Search(self, installable)
        search.explain(dependency, neededBy: [])
        unsatisfied.append(UnsatisfiedDependency(dependency: dependency, missing: search.missing))
      }
    }
    unsatisfied += choice.undecided.map {
      UnsatisfiedDependency(dependency: $0.wanted, missing: [$0.missing])
    }
    return Installation(
      packages: choice.packages, joining: choice.joining, unsatisfied: unsatisfied,
      conflicts: choice.conflicts(with: world))
  }
}

/// What installing a world comes to.
public struct Installation: Equatable, Sendable {
  /// Packages that a plain choice takes: the world's and what they need. apk may choose others.
  public var packages: [Package]
  /// Packages that join these unasked, and what they need besides.
  public var joining: [Package]
  /// Entries of the world that can't be installed.
  public var unsatisfied: [UnsatisfiedDependency]
  /// Pairs of `packages` that don't go together, unless apk chooses others: for a warning.
  public var conflicts: [PackageConflict]

  /// - Throws: `AlpineError.unsatisfied` where the world needs what is not there.
  public func check() throws(AlpineError) {
    guard unsatisfied.isEmpty else { throw .unsatisfied(unsatisfied) }
  }
}

/// An entry of the world that can't be installed, and why.
public struct UnsatisfiedDependency: Equatable, Sendable {
  public var dependency: Dependency
  public var missing: [Missing]

  /// Something that is needed and not there.
  public struct Missing: Equatable, Sendable {
    public var dependency: Dependency
    /// Packages between the world and it, the world's first: names with versions.
    public var neededBy: [String]
    public var reason: Reason
  }

  public enum Reason: Equatable, Sendable {
    case nothingProvidesIt
    /// There are packages of that name or that provide it, none in a version that will do.
    case otherVersions([String])
    /// Packages provide the name without a version, and apk takes none of them unasked.
    case undecided([String])
  }
}

extension UnsatisfiedDependency: CustomStringConvertible {
  public var description: String { missing.map(\.description).joined(separator: ", ") }
}

extension UnsatisfiedDependency.Missing: CustomStringConvertible {
  public var description: String {
    let demand =
      neededBy.isEmpty ? "\(dependency)" : "\(neededBy.joined(separator: " needs ")) needs \(dependency)"
    return switch reason {
    case .nothingProvidesIt: "\(demand): nothing provides it"
    case .otherVersions(let versions): "\(demand): there is \(versions.joined(separator: ", "))"
    case .undecided(let packages): "\(demand): name one of \(packages.joined(separator: ", ")) in the world"
    }
  }
}

/// Two packages that don't go together.
public struct PackageConflict: Hashable, Sendable {
  /// Whose word it is; nil for the world's.
  public var package: String?
  public var dependency: Dependency
  /// The package that must not be there.
  public var other: String
}

extension PackageConflict: CustomStringConvertible {
  public var description: String {
    "\(package ?? "the world") asks for \(dependency), and \(other) is to be installed"
  }
}

// MARK: Who meets a dependency

extension PackageSet {
  /// Providers in a version that will do, whether or not they can be installed themselves.
  private func candidates(for dependency: Dependency) -> [Provider] {
    (providers[dependency.name] ?? []).filter { meets($0, dependency) }
  }

  /// A name that is provided without a version meets no demand for one, as in apk 2; apk 3 takes it.
  private func meets(_ provider: Provider, _ dependency: Dependency) -> Bool {
    switch dependency.constraint {
    case .any: true
    case .identity(let identity): provider.isOwnName && packages[provider.packageIndex].identity == identity
    case .version(let comparison, let version):
      provider.version.map { comparison.holds($0, version) } ?? false
    }
  }

  /// Whether apk takes it unasked. Source: apk-package(5), "provides".
  private func isChosenUnasked(_ provider: Provider) -> Bool {
    provider.version != nil || packages[provider.packageIndex].providerPriority > 0
  }

  /// What there is of a name, for people.
  private func offers(of name: String) -> [String] {
    (providers[name] ?? []).map { provider in
      let fullName = packages[provider.packageIndex].fullName
      if provider.isOwnName { return fullName }
      return "\(name)\(provider.version.map { "=\($0)" } ?? " without a version") in \(fullName)"
    }.sorted()
  }

  /// The set of packages whose needs can be met within the set: all of them, less those that lack something, less
  /// those that need these, and so on.
  private struct Installable {
    private(set) var isInstallable: [Bool]

    /// A need of a package, and how many that could meet it are left.
    private struct Need {
      let packageIndex: Int
      var candidateCount: Int
    }

    init(_ set: PackageSet) {
      isInstallable = Array(repeating: true, count: set.packages.count)
      var needs: [Need] = []
      var needsMetBy: [[Int]] = Array(repeating: [], count: set.packages.count)
      var lost: [Int] = []
      for (index, package) in set.packages.enumerated() {
        for dependency in package.dependencies where !dependency.isConflict {
          let candidates = Set(set.candidates(for: dependency).map(\.packageIndex))
          for candidate in candidates { needsMetBy[candidate].append(needs.count) }
          needs.append(Need(packageIndex: index, candidateCount: candidates.count))
          if candidates.isEmpty { lose(index, &lost) }
        }
      }
      while let index = lost.popLast() {
        for need in needsMetBy[index] {
          needs[need].candidateCount -= 1
          if needs[need].candidateCount == 0 { lose(needs[need].packageIndex, &lost) }
        }
      }
    }

    private mutating func lose(_ index: Int, _ lost: inout [Int]) {
      guard isInstallable[index] else { return }
      isInstallable[index] = false
      lost.append(index)
    }

    func canMeet(_ dependency: Dependency, of set: PackageSet) -> Bool {
      set.candidates(for: dependency).contains { isInstallable[$0.packageIndex] }
    }
  }
}

// MARK: Why not

extension PackageSet {
  /// Looks for what is missing below a dependency that can't be met.
  private struct Search {
    private let set: PackageSet
    private let installable: Installable
    private(set) var missing: [UnsatisfiedDependency.Missing] = []
    private var seen: Set<Dependency> = []

    init(_ set: PackageSet, _ installable: Installable) {
      self.set = set
      self.installable = installable
    }

    mutating func explain(_ dependency: Dependency, neededBy chain: [String]) {
      var next = [(dependency, chain)]
      while let (dependency, chain) = next.popLast() {
        guard seen.insert(dependency).inserted else { continue }
        guard let candidate = set.candidates(for: dependency).max(by: set.isWorse) else {
          note(dependency, neededBy: chain)
          continue
        }
        let package = set.packages[candidate.packageIndex]
        let needs = package.dependencies.filter { !$0.isConflict && !installable.canMeet($0, of: set) }
        next += needs.reversed().map { ($0, chain + [package.fullName]) }
      }
    }

    private mutating func note(_ dependency: Dependency, neededBy chain: [String]) {
      let offers = set.offers(of: dependency.name)
      missing.append(
        UnsatisfiedDependency.Missing(
          dependency: dependency, neededBy: chain,
          reason: offers.isEmpty ? .nothingProvidesIt : .otherVersions(offers)))
    }
  }

  /// Whether `other` is the one to take: a package of that name before others, then the newest.
  private func isWorse(_ provider: Provider, than other: Provider) -> Bool {
    if provider.isOwnName != other.isOwnName { return other.isOwnName }
    if provider.version != other.version {
      guard let version = provider.version, let otherVersion = other.version else {
        return provider.version == nil
      }
      if version.order(to: otherVersion) != .equal { return version < otherVersion }
    }
    let (package, otherPackage) = (packages[provider.packageIndex], packages[other.packageIndex])
    if package.providerPriority != otherPackage.providerPriority {
      return package.providerPriority < otherPackage.providerPriority
    }
    return otherPackage.fullName < package.fullName
  }
}

// MARK: A plain choice

extension PackageSet {
  /// Takes the best package for each dependency that can be met, and what it needs.
  private struct Choice {
    private let set: PackageSet
    private let installable: Installable
    private var taken: Set<Int> = []
    /// Names that nobody is taken for unasked, and by whose demand.
    private var open: [Open] = []

    private struct Open {
      let dependency: Dependency
      let wanted: Dependency
      let neededBy: [String]
    }

    init(_ set: PackageSet, _ installable: Installable) {
      self.set = set
      self.installable = installable
    }

    /// In the order of their names.
    var packages: [Package] { taken.map { set.packages[$0] }.sorted { $0.fullName < $1.fullName } }

    /// In the order of their names: those that join, those that join these, and so on.
    ///
    /// Source: apk-package(5), "install_if".
    var joining: [Package] {
      var whole = self
      let joiners = set.packages.indices.filter {
        !set.packages[$0].companions.isEmpty && installable.isInstallable[$0]
      }
      while let next = joiners.first(where: { whole.joins($0) }) { whole.takePackage(next) }
      return whole.taken.subtracting(taken).map { set.packages[$0] }.sorted { $0.fullName < $1.fullName }
    }

    private func joins(_ index: Int) -> Bool {
      guard !taken.contains(index) else { return false }
      return set.packages[index].companions.allSatisfy { companion in
        let isThere = set.candidates(for: companion).contains { taken.contains($0.packageIndex) }
        return isThere != companion.isConflict
      }
    }

    private mutating func takePackage(_ index: Int) {
      taken.insert(index)
      let package = set.packages[index]
      for need in package.dependencies where !need.isConflict { take(need, neededBy: [package.fullName]) }
    }

    mutating func take(_ wanted: Dependency, neededBy chain: [String]) {
      var next = [(wanted, chain)]
      while let (dependency, chain) = next.popLast() {
        let candidates = set.candidates(for: dependency).filter { installable.isInstallable[$0.packageIndex] }
        guard let candidate = candidates.filter(set.isChosenUnasked).max(by: set.isWorse) else {
          open.append(Open(dependency: dependency, wanted: wanted, neededBy: chain))
          continue
        }
        guard taken.insert(candidate.packageIndex).inserted else { continue }
        let package = set.packages[candidate.packageIndex]
        next += package.dependencies.filter { !$0.isConflict }.map { ($0, chain + [package.fullName]) }
      }
    }

    /// Names that no package which is taken provides.
    var undecided: [(wanted: Dependency, missing: UnsatisfiedDependency.Missing)] {
      open.compactMap { open in
        let candidates = set.candidates(for: open.dependency).filter {
          installable.isInstallable[$0.packageIndex]
        }
        if candidates.contains(where: { taken.contains($0.packageIndex) }) { return nil }
        let names = Set(candidates.map { set.packages[$0.packageIndex].name }).sorted()
        return (
          open.wanted,
          UnsatisfiedDependency.Missing(
            dependency: open.dependency, neededBy: open.neededBy, reason: .undecided(names))
        )
      }
    }

    func conflicts(with world: [Dependency]) -> [PackageConflict] {
      let words =
        world.filter(\.isConflict).map { (Int?.none, $0) }
        + taken.sorted().flatMap { index in
          set.packages[index].dependencies.filter(\.isConflict).map { (Int?.some(index), $0) }
        }
      return words.flatMap { index, dependency in
        set.candidates(for: dependency).map(\.packageIndex)
          .filter { $0 != index && taken.contains($0) }
          .map { other in
            PackageConflict(
              package: index.map { set.packages[$0].fullName }, dependency: dependency,
              other: set.packages[other].fullName)
          }
      }
    }
  }
}
