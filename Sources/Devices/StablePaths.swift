// SPDX-License-Identifier: Apache-2.0

/// The links under /dev/disk/by-id, which lead to the same device after every boot.
struct StablePaths {
  private static let directory = "/dev/disk/by-id"
  /// By the kernel's name.
  private var paths: [String: [String]] = [:]

  init(_ tree: SystemTree) throws(DeviceError) {
    let names: [String]
    do throws(FileFailure) { names = try tree.names(in: Self.directory) } catch {
      throw .unreadable(path: Self.directory, number: error.number)
    }
    for name in names {
      let path = Self.directory + "/" + name
      // "../../sda"
      guard let device = tree.link(path)?.split(separator: "/").last else { continue }
      paths[String(device), default: []].append(path)
    }
  }

  func paths(of name: String) -> [String] { paths[name, default: []] }
}
