// SPDX-License-Identifier: Apache-2.0
import Entries

extension Overlay {
  func addNetwork(to tree: inout FileTree) {
    tree.addFile(EntryPath("etc/network/interfaces"), interfaces)
    if let resolver { tree.addFile(EntryPath("etc/resolv.conf"), resolver) }
  }

  /// As setup-interfaces writes them for ifupdown-ng, which every release since 3.13 has.
  ///
  /// Source: interfaces(5); alpine-conf, setup-interfaces.
  private var interfaces: String {
    let loopback = "auto lo\niface lo inet loopback\n"
    return settings.interfaces.reduce(into: loopback) { text, interface in
      text += "\nauto \(interface.name)\n"
      text += interface.addresses.map { $0.stanza(of: interface.name) }.joined()
    }
  }

  /// What a DHCP server says takes its place. Nil where there is nothing to say.
  ///
  /// Source: resolv.conf(5).
  private var resolver: String? {
    let search = settings.searchDomain.map { ["search \($0)\n"] } ?? []
    let lines = search + settings.nameservers.map { "nameserver \($0)\n" }
    return lines.isEmpty ? nil : lines.joined()
  }
}

extension SystemSettings.NetworkInterface.Addressing {
  fileprivate func stanza(of interface: String) -> String {
    switch self {
    case .dhcp: "iface \(interface) inet dhcp\n"
    case .automatic: "iface \(interface) inet6 auto\n"
    case .fixed(let address, let gateway):
      "iface \(interface) \(address.contains(":") ? "inet6" : "inet") static\n\taddress \(address)\n"
        + (gateway.map { "\tgateway \($0)\n" } ?? "")
    }
  }
}
