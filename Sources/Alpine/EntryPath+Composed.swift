// SPDX-License-Identifier: Apache-2.0
import Entries

extension EntryPath {
  /// A path put together from parts that are known to be fit for it.
  init(composed text: String) {
    do { self = try EntryPath(text.utf8) } catch { preconditionFailure("\(text): \(error)") }
  }
}
