// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

/// Recipes that can't be: each is refused before anything is read or written.
@Suite struct BadRecipeCommandTests {
  /// What is wrong, where, and a part of what is said.
  private static let recipes: [(recipe: String, place: String, part: String)] = [
    ("hostname: pi\n  size: 4GB\n", "2:7", "is not YAML"),
    ("hostname: pi\nhostname: po\n", "2:1", "is there twice, first in line 1"),
    ("hostnme: pi\n", "1:1", "did you mean \"hostname\"?"),
    ("hostname: pi\nssh: {prot: 22}\n", "2:7", "did you mean \"port\"?"),
    ("hostname: -pi\n", "1:11", "hostname: "),
    ("hostname: pi.example..org\n", "1:11", "hostname: "),
    ("hostname: \(String(repeating: "p", count: 64))\n", "1:11", "hostname: "),
    ("hostname: [pi]\n", "1:11", "is a list"),
    ("size: {card: 4GB}\n", "1:7", "is a mapping"),
    ("size: 4 apples\n", "1:7", "is no size"),
    ("epoch: -1\n", "1:8", "is no whole number"),
    ("persist: [/var/lib/docker, /var/lib/docker/volumes]\n", "1:28", "lies in /var/lib/docker"),
    ("persist: [/srv, /var/log, /srv]\n", "1:27", "is named twice"),
    ("persist: /etc/apk\n", "1:10", "is what \"lbu commit\" keeps"),
    ("persist: {path: /srv, by: magic}\n", "1:27", "can't stand here"),
    ("network: {interfaces: {eth0: 192.168.1.256/24}}\n", "1:30", "is no address with a prefix"),
    (
      "network: {interfaces: {eth0: {address: 10.0.0.2/24, gateway: 10.0.1.1}}}\n", "1:62",
      "outside the address's network"
    ),
    ("network: {nameservers: dns.example.org}\n", "1:24", "is no address"),
    ("timezone: Vienna\n", "1:11", "is no name of the tz database"),
    ("timezone: CEST\n", "1:11", "is no name of the tz database"),
    ("keymap: de us-intl\n", "1:9", "is no variant of it"),
    ("ssh:\n  keys:\n    - ssh-ed25519 AAAAC3NzaC1lZDI1\n", "3:7", "ssh.keys.0: "),
    ("ssh:\n  keys: ssh-dss AAAAB3NzaC1kc3M= old\n", "2:9", "is a DSA key"),
    ("root: {password: $6$salt$short}\n", "1:18", "is cut off or damaged"),
    ("root: {password: $y$j9T$abc$def}\n", "1:18", "yescrypt"),
    ("root: {password: hunter2}\n", "1:18", "is no hash"),
    ("users: {name: ann, password: hunter2}\n", "1:30", "is no hash"),
    ("users: [ann, Bob]\n", "1:14", "is no name of a user"),
    ("users: [{name: ann, id: 1000}, {name: bob, id: 1000}]\n", "1:48", "is another user's"),
    ("packages: [docker, docker]\n", "1:20", "is there a second time"),
    ("packages: docker@edge\n", "1:11", "not among the repositories"),
    ("repositories: example.org/alpine\n", "1:15", "is no repository"),
    ("modules: ../evil\n", "1:10", "is no kernel module"),
    ("services: {remove: nothing}\n", "1:20", "would not start anyway"),
    ("lbu: {backups: three}\n", "1:16", "is no whole number"),
    ("lbu: {include: /tmp/a}\n", "1:16", "is mounted or made anew"),
    ("boot: {config: \"a=b\\nc=d\"}\n", "1:16", "control character or an end of line"),
    ("boot: {cmdline: \"a 'b c'\"}\n", "1:17", "has a quote"),
    ("boot: none\n", "2:10", "leaves no partition for it"),
    ("data: none\noverlay: extra\n", "2:10", "leaves no partition for it"),
    ("ssh: {root: false, keys: \"\(key)\"}\n", "1:26", "root may not log in over ssh"),
    (
      "data: {journal: none, features: has_journal, mount-options: journal_data}\n", "1:61",
      "there is no journal"
    ),
  ]

  private static let key =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEdxR0Kf6sYxw3YwqYwA0n1x2mJH0Cq7hQm3m0pVnYtK ann@desk"

  @Test(arguments: recipes)
  func `one line says what is wrong and where, and nothing is made`(
    recipe: String, place: String, part: String
  ) throws {
    let scratch = try TemporaryDirectory()
    let (path, image) = (scratch.path("card.yaml"), scratch.path("card.img"))
    // The release is not looked for before the recipe is right.
    try "\(recipe)release: missing.tar.gz\n".write(toFile: path, atomically: false, encoding: .utf8)
    try Data("old".utf8).write(to: URL(fileURLWithPath: image))
    let build = try cairn.run("build", path, "-o", image)
    #expect(build.status == 3, "\(build.errors)")
    let lines = build.errors.split(separator: "\n").map(String.init)
    #expect(lines.count == 2, "\(build.errors)")
    #expect(lines.first == "cairn: \(path): 1 problem")
    #expect(
      lines.last?.hasPrefix("  \(path):\(place): ") == true && build.errors.contains(part), "\(build.errors)")
    #expect(!build.errors.contains("hunter2"), "a secret is shown")
    #expect(build.output.isEmpty)
    #expect(try Data(contentsOf: URL(fileURLWithPath: image)) == Data("old".utf8))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["card.img", "card.yaml"])
  }
}
