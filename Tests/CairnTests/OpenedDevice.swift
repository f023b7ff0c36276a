// SPDX-License-Identifier: Apache-2.0
import Cairn

/// Opens a block device exclusively for what `write` does to it, and closes it with everything on it.
func onDevice<Result>(_ path: String, _ write: (DeviceTarget) throws -> Result) throws -> Result {
  let device = try OpenDevice(DeviceList().target(at: path))
  let target = try DeviceTarget(device.file)
  let result = try write(target)
  try target.flush()
  return result
}
