// SPDX-License-Identifier: Apache-2.0
internal import Alpine
internal import Entries
internal import Ext4

extension Plan {
  /// The overlay of this card, for the release that turned out to be on it. Nil without a place to keep it.
  func overlay(for release: Release?) -> Overlay? {
    guard let data else { return nil }
    return Overlay(
      hostname: hostname, dataPartitionUUID: "\(data.format.uuid)", release: release,
      persistence: persistence.map(\.persistence), partitionUUIDs: partitionUUIDs, time: time)
  }

  private var partitionUUIDs: [EntryPath: String] {
    persistence.reduce(into: [:]) { uuids, directory in
      guard let partition = directory.partition else { return }
      uuids[directory.persistence.path] = "\(partition.format.uuid)"
    }
  }
}
