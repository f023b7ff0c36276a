// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Ext4

extension Plan {
  /// The overlay of this card, for the release that turned out to be on it. Nil without a place to keep it.
  ///
  /// - Parameter files: that it is to bring besides.
  func overlay(for release: Release?, files: OverlayFiles) -> Overlay? {
    guard let data else { return nil }
    return Overlay(
      hostname: hostname, dataPartitionUUID: "\(data.format.uuid)", release: release,
      settings: system, persistence: persistence.map(\.persistence), partitionUUIDs: partitionUUIDs,
      files: files, time: Overlay.earliestTime)
  }

  /// Whether the settings ask for something of the apkovl that is not there by default.
  var changesSystem: Bool {
    var system = system
    system.boot = SystemSettings.BootSettings()
    return system != SystemSettings()
  }

  private var partitionUUIDs: [EntryPath: String] {
    persistence.reduce(into: [:]) { uuids, directory in
      guard let partition = directory.partition else { return }
      uuids[directory.persistence.path] = "\(partition.format.uuid)"
    }
  }
}
