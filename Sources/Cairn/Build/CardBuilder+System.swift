// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Ext4

// What makes the data partition an Alpine system's: packages in the cache, the apkovl, persistent directories.
extension CardBuilder {
  /// What came onto the data partition besides the inputs.
  struct SystemContent {
    /// Where the apkovl lies, whoever brought it.
    let overlayPath: EntryPath
    let packages: BuildSummary.Packages
  }

  /// Adds what the inputs haven't brought; nil without a release.
  ///
  /// - Throws: `packages` and `services` for what the system would lack. That comes before the apkovl, and long before
  ///   the partition table, of which nothing shows until then.
  func addSystemContent(
    for release: Release?, to writer: inout Ext4.VolumeWriter
  ) throws(BuildError) -> SystemContent? {
    guard content.release != nil, let overlay = plan.overlay(for: release, files: overlayFiles) else {
      return nil
    }
    let available = try releasePackages(for: release)
    let cache = try CachePackages(content, options: overlay.cacheOptions(for: available), monitor: monitor)
      .add(to: &writer, wantsScripts: bootReader.scripts != nil)
    var check: SystemCheck?
    // The settings of an apkovl that was brought are its own affair, and packages for no known architecture, too.
    if dataReader.overlayPath == nil, release != nil {
      check = try self.check(overlay, available: available, cache: cache)
    }
    let path = try AlpineContent(overlay, of: plan).add(to: &writer, besideOverlayAt: dataReader.overlayPath)
    return SystemContent(
      overlayPath: path,
      packages: BuildSummary.Packages(
        cachedCount: cache.packages.count, passedOver: cache.passedOver, check: check))
  }

  private func releasePackages(for release: Release?) throws(BuildError) -> [Package] {
    guard let release, let path = content.release else { return [] }
    do throws(AlpineError) {
      if let error = bootReader.scriptError { throw error }
      return try bootReader.packages.packages(for: release.architecture)
    } catch { throw .notARelease(path: path, error) }
  }

  private func check(
    _ overlay: Overlay, available: [Package], cache: CachePackages.Result
  ) throws(BuildError) -> SystemCheck {
    let brought = dataReader.cached
    let scripts = (bootReader.scripts?.names ?? [:])
      .merging(brought?.scripts?.names ?? [:]) { _, other in other }
      .merging(cache.scripts.names) { _, other in other }
    let packages = available + (brought?.packages ?? []) + cache.packages
    let check: SystemCheck
    do { check = try SystemCheck(overlay, packages: packages, scripts: scripts) } catch {
      throw .overlay(error)
    }
    let isOnline = plan.system.isOnlineAtFirstBoot
    guard isOnline || check.unsatisfied.isEmpty else { throw .packages(check.unsatisfied) }
    // A package that is still to come may have the script.
    guard check.unknownServices.isEmpty || !check.unsatisfied.isEmpty else {
      throw .services(check.unknownServices)
    }
    return check
  }
}
