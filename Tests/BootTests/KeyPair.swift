// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport

/// A key of ssh's, as ssh-keygen makes it.
struct KeyPair {
  static let tool = ForeignTool("ssh-keygen")

  /// Both halves as they lie in their files.
  let secret: String
  let publicLine: String

  /// - Parameter path: of the file to make; the public half gets its name and ".pub".
  init(path: String, type: String = "ed25519") throws {
    try Self.tool.succeed("-q", "-t", type, "-N", "", "-C", "boot test", "-f", path)
    secret = try String(contentsOfFile: path, encoding: .utf8)
    publicLine = try String(contentsOfFile: path + ".pub", encoding: .utf8)
      .trimmingCharacters(in: .newlines)
  }
}

// Logging in, from the Pi itself: it has a client, and no network.
extension VirtualPi {
  /// Runs a command through sshd, as `user` or not at all.
  ///
  /// - Parameter knownHosts: the server's keys, of which it must show one.
  func logIn(
    as user: String, with key: KeyPair, port: Int = 22, knownHosts: [String], run command: String
  ) throws -> Answer {
    let host = port == 22 ? "localhost" : "[localhost]:\(port)"
    let known = knownHosts.map { "\(host) \($0)" }.joined(separator: "\n")
    return try run(
      """
      umask 077
      cat >/agent/key <<'END'
      \(key.secret)END
      cat >/agent/known_hosts <<'END'
      \(known)
      END
      ssh -F /dev/null -i /agent/key -p \(port) -o BatchMode=yes -o IdentitiesOnly=yes -o StrictHostKeyChecking=yes \
        -o UserKnownHostsFile=/agent/known_hosts -o ConnectTimeout=60 -o LogLevel=ERROR \(user)@localhost '\(command)'
      """)
  }

  /// The public halves of the server's keys.
  func hostKeys() throws -> [String] {
    let keys = try succeed("cat /etc/ssh/ssh_host_*_key.pub").lines
    guard keys.count >= 3 else { throw MachineFailure("host keys: \(keys)") }
    return keys
  }
}
