// SPDX-License-Identifier: Apache-2.0

/// What udev's database has on a device: properties by name. Empty where there is no udev.
///
/// Source: systemd, src/libsystemd/sd-device: a file per device, "E:NAME=value" a line.
struct UdevRecord {
  private var properties: [String: String] = [:]

  init(_ tree: SystemTree, _ number: DeviceNumber) {
    let lines: [String]
    do throws(FileFailure) { lines = try tree.lines("/run/udev/data/b\(number)") } catch { return }
    for line in lines where line.hasPrefix("E:") {
      let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1)
      if parts.count == 2 { properties[String(parts[0])] = String(parts[1]) }
    }
  }

  subscript(name: String) -> String? { properties[name] }

  /// A name as the device tells it, which udev keeps with escapes beside one with underscores.
  func name(_ property: String) -> String? {
    properties[property + "_ENC"]?.decodingHexEscapes.deviceName ?? properties[property]?.deviceName
  }
}
