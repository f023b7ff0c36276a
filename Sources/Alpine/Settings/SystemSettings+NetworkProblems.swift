// SPDX-License-Identifier: Apache-2.0

extension SystemSettings {
  func checkNetwork(_ check: inout SettingCheck) {
    check.addRepetitions(interfaces.map(\.name)) { ["interfaces", "\($0)", "name"] }
    for (index, interface) in interfaces.enumerated() {
      let key = ["interfaces", "\(index)"]
      if let reason = Self.problem(ofInterfaceName: interface.name) { check.add(key + ["name"], reason) }
      checkAddresses(of: interface, key + ["addresses"], &check)
    }
    checkGateways(&check)
    checkResolver(&check)
  }

  /// Source: Linux, dev_valid_name; IFNAMSIZ.
  private static func problem(ofInterfaceName name: String) -> String? {
    if name == "lo" { return "lo is there in any case; leave it out" }
    let isName = (1...15).contains(name.utf8.count) && name.isMadeOfLettersAndDigits(or: "._-@+")
    guard isName, name.utf8.first.map({ $0.isLetter || $0.isDigit }) == true else {
      return "\(name.quoted) is no name of an interface; one is like \"eth0\", of 15 characters at most"
    }
    return nil
  }

  private func checkAddresses(
    of interface: NetworkInterface, _ key: [String], _ check: inout SettingCheck
  ) {
    if interface.addresses.isEmpty {
      check.add(key, "\(interface.name.quoted) has no address; give it one, or DHCP")
    }
    var earlier: [NetworkInterface.Addressing] = []
    for (index, addressing) in interface.addresses.enumerated() {
      let key = key + ["\(index)"]
      if earlier.contains(addressing) { check.add(key, "is there a second time; leave one out") }
      earlier.append(addressing)
      guard case .fixed(let text, let gateway) = addressing else { continue }
      guard let address = checkedAddress(text, key + ["address"], &check), let gateway else { continue }
      checkGateway(gateway, of: address, key + ["gateway"], &check)
    }
  }

  private func checkedAddress(
    _ text: String, _ key: [String], _ check: inout SettingCheck
  ) -> NetworkAddress? {
    guard let network = NetworkAddress(text) else {
      let hint = InternetAddress(text) == nil ? "" : "; the length of the prefix is missing"
      check.add(
        key, "\(text.quoted) is no address with a prefix, as \"192.168.1.5/24\" or \"fd00::5/64\"\(hint)")
      return nil
    }
    let address = network.address
    guard address.isOfOneMachine, !address.isNetworkOrBroadcast(prefixLength: network.prefixLength) else {
      check.add(
        key, "\(text.quoted) is not an address that a machine can have; take another one of the network")
      return nil
    }
    return network
  }

  private func checkGateway(
    _ text: String, of network: NetworkAddress, _ key: [String], _ check: inout SettingCheck
  ) {
    guard let gateway = InternetAddress(text) else {
      check.add(key, "\(text.quoted) is no address, as \"192.168.1.1\" or \"fd00::1\"")
      return
    }
    if gateway == network.address {
      check.add(key, "\(text.quoted) is the interface's own address; give the router's")
    } else if !gateway.isLinkLocal || network.address.family == .v4,
      !gateway.sharesPrefix(of: network.prefixLength, with: network.address)
    {
      check.add(key, "\(text.quoted) lies outside the address's network; give a router that is in it")
    }
  }

  /// One way out for each family: with two the kernel takes the first, whichever that is.
  private func checkGateways(_ check: inout SettingCheck) {
    var families: [InternetAddress.Family] = []
    for (index, interface) in interfaces.enumerated() {
      for (place, addressing) in interface.addresses.enumerated() {
        guard case .fixed(_, let text?) = addressing, let gateway = InternetAddress(text) else { continue }
        if families.contains(gateway.family) {
          check.add(
            ["interfaces", "\(index)", "addresses", "\(place)", "gateway"],
            "\(text.quoted) is a second gateway; name the one that leads out")
        }
        families.append(gateway.family)
      }
    }
  }

  /// Source: resolv.conf(5); musl, src/network/lookup.h, MAXNS, and a search list of 255 bytes at most.
  private func checkResolver(_ check: inout SettingCheck) {
    check.addRepetitions(nameservers) { ["nameservers", "\($0)"] }
    for (index, text) in nameservers.enumerated() where InternetAddress(text) == nil {
      check.add(
        ["nameservers", "\(index)"], "\(text.quoted) is no address; a name can't be looked up before")
    }
    if nameservers.count > 3 {
      check.add(["nameservers", "3"], "is a fourth one, and no more than three are asked; leave it out")
    }
    if let searchDomain, !Self.isDomain(searchDomain) {
      check.add("searchDomain", reason: "\(searchDomain.quoted) is no domain; one is like \"example.org\"")
    }
  }

  /// What may stand for a host may stand for a domain.
  private static func isDomain(_ name: String) -> Bool {
    do throws(AlpineError) {
      _ = try Hostname(name)
      return true
    } catch {
      return false
    }
  }
}
