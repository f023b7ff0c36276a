// SPDX-License-Identifier: Apache-2.0
internal import Alpine

extension Plan {
  /// The overlay of this card, for the release that turned out to be on it. Nil without a place to keep it.
  func overlay(for release: Release?) -> Overlay? {
    guard let data else { return nil }
    return Overlay(
      hostname: hostname, dataPartitionUUID: "\(data.format.uuid)", release: release, time: time)
  }
}
