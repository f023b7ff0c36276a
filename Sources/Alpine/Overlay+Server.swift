// SPDX-License-Identifier: Apache-2.0
import Entries

extension Overlay {
  private static let serverDirectory = EntryPath("etc/ssh")
  private static let serviceConfiguration = """
    # The host keys in /etc/ssh are all that there are to be: none is made at a start.
    sshd_disable_keygen="yes"

    """

  /// sshd's settings and host keys.
  ///
  /// Where host keys are given they are all that there are: before each start the service makes a key of every other
  /// kind that ssh-keygen knows, which would be new at every boot until somebody commits.
  ///
  /// Source: aports, main/openssh, sshd.initd; ssh-keygen(1), -A.
  func addServer(to tree: inout FileTree) {
    guard let server = settings.sshServer else { return }
    tree.addFile(EntryPath("etc/ssh/sshd_config"), server.configuration)
    if !server.hostKeys.isEmpty {
      tree.addFile(EntryPath("etc/conf.d/sshd"), Self.serviceConfiguration)
    }
    for key in server.hostKeys {
      tree.addFile(key, in: Self.serverDirectory, mode: key.name.hasSuffix(".pub") ? 0o644 : 0o600)
    }
  }
}

extension SystemSettings.SSHServer {
  /// The whole file, since not every release's own includes others. Beside what is asked for it has what Alpine's has;
  /// the sftp server is the one that needs no file.
  ///
  /// Source: sshd_config(5) of OpenSSH 8.4 and later; aports, main/openssh, APKBUILD.
  fileprivate var configuration: String {
    let rootLogin = allowsRoot ? (allowsPasswords ? "yes" : "prohibit-password") : "no"
    let passwords = allowsPasswords ? "yes" : "no"
    return """
      # Of a setting that comes twice, the first one counts.
      Include /etc/ssh/sshd_config.d/*.conf

      Port \(port)
      PermitRootLogin \(rootLogin)
      PasswordAuthentication \(passwords)
      KbdInteractiveAuthentication \(passwords)
      AuthorizedKeysFile .ssh/authorized_keys

      AllowTcpForwarding no
      GatewayPorts no
      X11Forwarding no
      Subsystem sftp internal-sftp

      """
  }
}
