// SPDX-License-Identifier: Apache-2.0

extension OpenDevice {
  /// Finds what lies at a path, refuses it or opens it, and makes sure that it is what is meant.
  ///
  /// - Parameters:
  ///   - path: of a device, by any of its names, or of a regular file that takes a card's place.
  ///   - allowances: what is refused by default and may pass.
  ///   - targetID: what it must be; nil for whatever has the path.
  /// - Throws: `refused`, `wrongTarget`, and what finding and opening throw.
  public convenience init(
    at path: String, allowing allowances: Set<Allowance> = [], expecting targetID: TargetID? = nil
  ) throws(DeviceError) {
    let target = try DeviceList().target(at: path)
    let refusals = target.refusals(allowing: allowances)
    guard refusals.isEmpty else { throw .refused(refusals) }
    try self.init(target)
    if let targetID { try check(targetID) }
  }
}
