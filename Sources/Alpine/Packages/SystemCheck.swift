// SPDX-License-Identifier: Apache-2.0
import Entries

/// Whether a card has what its overlay asks for: the packages of the world, and the services of the runlevels.
public struct SystemCheck: Sendable {
  /// Lines of the world that can't be installed from what is at hand.
  public let unsatisfied: [UnsatisfiedDependency]
  /// Services that were asked for and that nothing on the card has a script for.
  public let unknownServices: [UnknownService]
  /// Packages that don't go together, unless apk chooses others.
  public let conflicts: [PackageConflict]

  /// - Parameters:
  ///   - packages: of the release and of the cache.
  ///   - scripts: of these packages, where the settings ask for other services than the overlay has by itself.
  /// - Throws: `AlpineError.dependency` for a line of the world that apk would not take.
  public init(
    _ overlay: Overlay, packages: [Package], scripts: [String: [String]]
  ) throws(AlpineError) {
    let set = PackageSet(packages, architecture: overlay.release?.architecture)
    let installation = set.installation(of: try overlay.demands)
    unsatisfied = installation.unsatisfied
    conflicts = installation.conflicts
    let installed = installation.packages + installation.joining
    let names = overlay.scriptNames.union(installed.flatMap { scripts[$0.fullName] ?? [] })
    let others = packages.filter { scripts[$0.fullName] != nil }
    let allNames = names.union(scripts.values.joined()).sorted()
    unknownServices = overlay.settings.servicesToFind(for: overlay.release)
      .filter { !names.contains($0.name) }
      .map { service in
        UnknownService(
          service: service, nearest: service.name.nearest(of: allNames),
          package: others.first { scripts[$0.fullName]?.contains(service.name) == true }?.mainPackageName)
      }
  }
}

extension Package {
  /// Its own name, or of the package that it joins: what a person would name to have it.
  fileprivate var mainPackageName: String { companions.first { $0.name != "openrc" }?.name ?? name }
}

/// A service without a script.
public struct UnknownService: Equatable, Sendable {
  public var service: Service
  /// A service whose script is at hand, and that may have been meant.
  public var nearest: String?
  /// A package at hand that would bring the script, and that is not going to be installed.
  public var package: String?
}

extension UnknownService: CustomStringConvertible {
  public var description: String {
    let service = "\(service.name) in runlevel \(service.runlevel.rawValue)"
    if let package {
      return "\(service): it comes with \(package), which is not going to be installed; add that to packages"
    }
    return "\(service): nothing on the card has a script of this name for etc/init.d"
      + (nearest.map { "; did you mean \($0)?" } ?? "; add the package that has one to packages")
  }
}

extension SystemSettings {
  /// Services that are asked for beyond those that start anyway: their scripts have to be looked for.
  ///
  /// - Parameter release: nil where it is not known yet.
  public func servicesToFind(for release: Release?) -> [Service] {
    guard !addedServices.isEmpty else { return [] }
    var others = self
    others.addedServices = []
    others.removedServices = []
    let known = Set(Service.diskless(release, others).map(\.name))
    return addedServices.filter { !known.contains($0.name) }
  }
}

extension Overlay {
  /// What apk is asked to install: the world, and alpine-base, which init adds.
  fileprivate var demands: [Dependency] {
    get throws(AlpineError) {
      var demands = [try Dependency("alpine-base")]
      for word in words(of: EntryPath("etc/apk/world")).joined() {
        let demand = try Dependency(word)
        if demand != demands[0] { demands.append(demand) }
      }
      return demands
    }
  }

  /// Scripts that the overlay brings along itself.
  fileprivate var scriptNames: Set<String> {
    let directory = EntryPath("etc/init.d")
    return Set(tree.paths.filter { $0.parent == directory }.map { String(decoding: $0.name, as: UTF8.self) })
  }

  /// How the cache of this system is filled.
  ///
  /// - Parameter packages: of the release.
  public func cacheOptions(for packages: [Package]) -> CacheOptions {
    CacheOptions(
      architecture: release?.architecture, repositories: repositoryURLs,
      indexName: CacheIndexName(release: packages))
  }

  /// How a cache is filled that only has to be measured, before the release is known. The release's own repository has
  /// a place kept.
  public var cacheOptionsForMeasuring: CacheOptions {
    CacheOptions(
      repositories: repositoryURLs.isEmpty ? ["http://unknown/main"] : repositoryURLs, indexName: .repository)
  }

  /// Those over the network, whose indexes apk caches. Source: apk-repositories(5).
  private var repositoryURLs: [String] {
    words(of: EntryPath("etc/apk/repositories")).compactMap { words in
      let location = words.first?.hasPrefix("@") == true ? words.dropFirst().first : words.first
      return location.flatMap { $0.hasPrefix("#") || !$0.contains("://") ? nil : $0 }
    }
  }

  /// Of a small file of the overlay, whoever brought it: the words of each line.
  private func words(of path: EntryPath) -> [[String]] {
    String(decoding: tree[path]?.bytes ?? [], as: UTF8.self).split(separator: "\n").map { line in
      line.split(whereSeparator: \.isWhitespace).map(String.init)
    }
  }
}
