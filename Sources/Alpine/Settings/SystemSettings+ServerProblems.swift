// SPDX-License-Identifier: Apache-2.0
import Entries

extension SystemSettings {
  func checkServer(_ check: inout SettingCheck) {
    if let sshServer {
      if sshServer.port == 0 { check.add("sshServer", "port", reason: "0 is no port; 1 to 65535 are") }
      sshServer.checkHostKeys(&check)
      if !sshServer.allowsRoot, !rootKeys.isEmpty {
        check.add("rootKeys", reason: "root may not log in over ssh; allow it, or leave the keys out")
      }
    }
    check.addKeyProblems(rootKeys, at: ["rootKeys"])
  }
}

extension SystemSettings {
  /// What is wrong with a line of authorized_keys, and what would be right; nil where nothing is.
  public static func problem(ofPublicKey line: String) -> String? { PublicKeyLine.problem(line) }
}

extension SettingCheck {
  mutating func addKeyProblems(_ keys: [String], at key: [String]) {
    for (index, line) in keys.enumerated() {
      if let reason = PublicKeyLine.problem(line) { add(key + ["\(index)"], reason) }
    }
    addRepetitions(keys) { key + ["\($0)"] }
  }
}

extension SystemSettings.SSHServer {
  /// Names that sshd looks for. Source: sshd_config(5), HostKey.
  private static let keyNames = ["rsa", "ecdsa", "ed25519"].map { "ssh_host_\($0)_key" }

  fileprivate func checkHostKeys(_ check: inout SettingCheck) {
    check.addRepetitions(hostKeys.map(\.name)) { ["sshServer", "hostKeys", "\($0)"] }
    for (index, file) in hostKeys.enumerated() {
      if let reason = problem(of: file) { check.add(["sshServer", "hostKeys", "\(index)"], reason) }
    }
  }

  private func problem(of file: SystemSettings.NamedFile) -> String? {
    let name = file.name.hasSuffix(".pub") ? String(file.name.dropLast(4)) : file.name
    guard Self.keyNames.contains(name) else {
      let names = Self.keyNames.joined(separator: ", ")
      return "\(file.name.quoted) is no name of a host key; they are \(names), each with its .pub"
    }
    guard let publicKey = hostKeys.first(where: { $0.name == "\(name).pub" }) else {
      return "\(file.name) comes without its \(name).pub; give both"
    }
    guard let privateKey = hostKeys.first(where: { $0.name == name }) else {
      return "\(file.name) comes without its private key; give both"
    }
    return file.name == name
      ? HostKey.problem(ofPrivate: privateKey, publicKey) : HostKey.problem(ofPublic: publicKey)
  }
}

/// Looks at the two halves of a host key.
///
/// Source: OpenSSH, PROTOCOL.key.
enum HostKey {
  static func problem(ofPublic file: SystemSettings.NamedFile) -> String? {
    let line = line(of: file)
    if let reason = PublicKeyLine.problem(line, allowsOptions: false) { return "\(file.name) \(reason)" }
    let family = file.name.split(separator: "_")[2]
    guard line.hasPrefix("ssh-\(family) ") || line.hasPrefix("\(family)-") else {
      return
        "\(file.name) holds a key of another kind than its name says; take the files as ssh-keygen named them"
    }
    return nil
  }

  static func problem(
    ofPrivate file: SystemSettings.NamedFile, _ publicKey: SystemSettings.NamedFile
  ) -> String? {
    let lines = String(decoding: file.bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let first = lines.first, first.hasPrefix("-----BEGIN "), first.hasSuffix("PRIVATE KEY-----"),
      lines.last?.hasPrefix("-----END ") == true
    else { return "\(file.name) is no private key, or cut off" }
    // Older formats don't say in the open which public key is theirs.
    guard first == "-----BEGIN OPENSSH PRIVATE KEY-----" else {
      return lines.contains { $0.contains("ENCRYPTED") } ? "\(file.name) \(locked)" : nil
    }
    guard let envelope = Envelope(base64: lines.dropFirst().dropLast().joined()) else {
      return "\(file.name) is damaged: its base64 doesn't hold a key"
    }
    guard envelope.cipher == "none" else { return "\(file.name) \(locked)" }
    guard envelope.publicKey == PublicKeyLine.blob(line(of: publicKey)) else {
      return "\(file.name) and \(publicKey.name) are not of one pair"
    }
    return nil
  }

  private static let locked = "has a passphrase, which nobody would type in; take it off: ssh-keygen -p -N ''"

  private static func line(of file: SystemSettings.NamedFile) -> String {
    String(String(decoding: file.bytes, as: UTF8.self).prefix { !$0.isNewline })
  }

  /// What stands in the open before the private part.
  private struct Envelope {
    let cipher: String
    let publicKey: [UInt8]

    init?(base64 text: String) {
      let magic = Array("openssh-key-v1\0".utf8)
      guard let bytes = [UInt8](base64: text), bytes.starts(with: magic) else { return nil }
      var rest = bytes.dropFirst(magic.count)
      // Cipher, key derivation and its options, number of keys, public key, private part.
      guard let cipher = rest.takeString(), rest.takeString() != nil, rest.takeString() != nil,
        rest.takeNumber() == 1, let publicKey = rest.takeString(), rest.takeString() != nil
      else { return nil }
      self.cipher = cipher.printable
      self.publicKey = publicKey
    }
  }
}
