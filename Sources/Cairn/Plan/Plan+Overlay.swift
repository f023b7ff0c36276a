// SPDX-License-Identifier: Apache-2.0
internal import Alpine

extension Plan {
  /// The overlay of this card, for the release that turned out to be on it.
  func overlay(for release: Release?) -> Overlay {
    Overlay(hostname: hostname, dataPartitionUUID: "\(identifiers.dataUUID)", release: release, time: time)
  }
}
