// SPDX-License-Identifier: Apache-2.0
import Entries

/// Looks at a line of authorized_keys, or of a public key's file.
///
/// Source: sshd(8), "AUTHORIZED_KEYS FILE FORMAT"; RFC 4253, section 6.6, RFC 5656, section 3.1, and RFC 8709, section 4,
/// for what the base64 holds; OpenSSH's PROTOCOL.u2f for the kinds that begin with "sk-".
enum PublicKeyLine {
  /// What is wrong with it, and what would be right; nil where nothing is.
  static func problem(_ line: String, allowsOptions: Bool = true) -> String? {
    if line.contains("PRIVATE KEY") {
      return "is a private key; give the public one, from the file that ends in .pub"
    }
    if line.utf8.contains(where: { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }) {
      return "has a line break or control character in it; give each key on its own"
    }
    var fields = fields(of: line)
    if allowsOptions, fields.count > 1, !isType(fields[0]) { fields.removeFirst() }
    guard let type = fields.first, isType(type) else {
      return "is no public key; one begins with \(Algorithm.names)"
    }
    guard let algorithm = Algorithm(rawValue: type) else { return refusal(of: type) }
    guard fields.count > 1 else { return "has nothing behind \(type); give the whole line" }
    guard let blob = [UInt8](base64: fields[1]) else {
      return "is cut off or damaged: its second part is no base64"
    }
    return problem(in: blob, of: algorithm)
  }

  /// The bytes of the key itself; nil where the line is none.
  static func blob(_ line: String) -> [UInt8]? {
    let fields = fields(of: line)
    return fields.count > 1 ? [UInt8](base64: fields[1]) : nil
  }

  enum Algorithm: String, CaseIterable {
    case ed25519 = "ssh-ed25519"
    case rsa = "ssh-rsa"
    case ecdsa256 = "ecdsa-sha2-nistp256"
    case ecdsa384 = "ecdsa-sha2-nistp384"
    case ecdsa521 = "ecdsa-sha2-nistp521"
    case securityKeyEd25519 = "sk-ssh-ed25519@openssh.com"
    case securityKeyECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"

    fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
  }
}

extension PublicKeyLine {
  /// Least bits of an RSA key that sshd takes. Source: sshd_config(5), RequiredRSASize.
  private static let leastRSABitCount = 1024

  private static func isType(_ field: String) -> Bool {
    ["ssh-", "ecdsa-", "sk-"].contains { field.hasPrefix($0) }
  }

  private static func refusal(of type: String) -> String {
    if type == "ssh-dss" { return "is a DSA key, which sshd refuses; make one by ssh-keygen -t ed25519" }
    if type.contains("-cert-v01") { return "is a certificate; give the key itself" }
    return "is of a kind that sshd doesn't know; it takes \(Algorithm.names)"
  }

  /// Words, where a quoted string is part of one.
  private static func fields(of line: String) -> [String] {
    var isQuoted = false
    var last: Character?
    return line.split { character in
      if character == "\"", last != "\\" { isQuoted.toggle() }
      last = character
      return !isQuoted && (character == " " || character == "\t")
    }.map(String.init)
  }

  private static func problem(in blob: [UInt8], of algorithm: Algorithm) -> String? {
    let damaged = "is cut off or damaged: its base64 doesn't hold \(algorithm.rawValue)"
    guard let strings = strings(in: blob), let type = strings.first else { return damaged }
    let name = type.printable
    guard name == algorithm.rawValue else {
      return "says \(algorithm.rawValue), and its base64 \(name.quoted); take the line as ssh-keygen wrote it"
    }
    guard isWhole(strings, algorithm) else { return damaged }
    guard algorithm == .rsa, strings[2].bitCount < leastRSABitCount else { return nil }
    return
      "is an RSA key of \(strings[2].bitCount) bits, which sshd refuses; make one by ssh-keygen -t ed25519"
  }

  private static func isWhole(_ strings: [[UInt8]], _ algorithm: Algorithm) -> Bool {
    switch algorithm {
    case .ed25519: strings.count == 2 && strings[1].count == 32
    case .securityKeyEd25519: strings.count == 3 && strings[1].count == 32 && !strings[2].isEmpty
    case .rsa: strings.count == 3 && !strings[1].isEmpty && !strings[2].isEmpty
    case .ecdsa256: isPoint(strings, "nistp256", byteCount: 32)
    case .ecdsa384: isPoint(strings, "nistp384", byteCount: 48)
    case .ecdsa521: isPoint(strings, "nistp521", byteCount: 66)
    case .securityKeyECDSA:
      strings.count == 4 && isPoint(strings.dropLast(), "nistp256", byteCount: 32) && !strings[3].isEmpty
    }
  }

  /// An uncompressed point of the curve: 4, x, y. Source: SEC 1, section 2.3.3.
  private static func isPoint(_ strings: [[UInt8]], _ curve: String, byteCount: Int) -> Bool {
    strings.count == 3 && strings[1] == Array(curve.utf8) && strings[2].count == 1 + 2 * byteCount
      && strings[2][0] == 4
  }

  /// Strings of a length in four bytes, the most significant first, and that many bytes. Nil where they end early.
  ///
  /// Source: RFC 4251, section 5.
  static func strings(in blob: [UInt8]) -> [[UInt8]]? {
    var strings: [[UInt8]] = []
    var rest = blob[...]
    while !rest.isEmpty {
      guard let string = rest.takeString() else { return nil }
      strings.append(string)
    }
    return strings
  }
}

extension ArraySlice<UInt8> {
  /// Removes a number of four bytes from the front.
  mutating func takeNumber() -> Int? {
    guard count >= 4 else { return nil }
    defer { self = dropFirst(4) }
    return prefix(4).reduce(0) { $0 << 8 | Int($1) }
  }

  /// Removes a string from the front.
  mutating func takeString() -> [UInt8]? {
    guard let length = takeNumber(), length <= count else { return nil }
    defer { self = dropFirst(length) }
    return Array(prefix(length))
  }
}

extension [UInt8] {
  /// Of an unsigned number, the most significant byte first.
  fileprivate var bitCount: Int {
    let number = drop { $0 == 0 }
    return number.first.map { 8 * number.count - $0.leadingZeroBitCount } ?? 0
  }

  /// Source: RFC 4648, section 4. Nil for anything that an encoder wouldn't have written.
  init?(base64 text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard !characters.isEmpty, characters.count.isMultiple(of: 4) else { return nil }
    let padding = characters.reversed().prefix { $0 == UInt8(ascii: "=") }.count
    let values = characters.dropLast(padding).compactMap(Self.base64Value)
    guard padding <= 2, values.count == characters.count - padding else { return nil }
    var bytes: [UInt8] = []
    for start in stride(from: 0, to: values.count, by: 4) {
      let group = values[start..<Swift.min(start + 4, values.count)]
      let bits = group.reduce(0) { $0 << 6 | Int($1) } << (6 * (4 - group.count))
      bytes += [16, 8, 0].prefix(group.count - 1).map { UInt8(truncatingIfNeeded: bits >> $0) }
      guard group.count == 4 || bits & (1 << (8 * (4 - group.count)) - 1) == 0 else { return nil }
    }
    self = bytes
  }

  private static func base64Value(_ character: UInt8) -> UInt8? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): character - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }
}
