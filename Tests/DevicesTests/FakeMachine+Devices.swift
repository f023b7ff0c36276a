// SPDX-License-Identifier: Apache-2.0
import TestSupport

@testable import Devices

extension FakeMachine {
  var tree: SystemTree { SystemTree(root: root + "/") }

  func list() throws -> DeviceList { try DeviceList(tree) }

  /// The disk with that name.
  func device(_ name: String) throws -> Device? { try list().devices.first { $0.path == "/dev/" + name } }

  func refusals(_ name: String, needing: UInt64? = nil) throws -> [Refusal]? {
    try device(name)?.refusals(needing: needing)
  }
}
