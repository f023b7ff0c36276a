// SPDX-License-Identifier: Apache-2.0
import Recipes
import TestSupport
import Testing

@Suite struct BadRecipeTests {
  /// Recipes with one thing wrong each, and the one complaint.
  private static let recipes: [(recipe: String, complaint: String)] = [
    // No YAML, or not one document of it.
    (
      "hostname: pi\n\tsize: 4GB\n",
      #"2:1: is not YAML: found a tab character that violates indentation (while scanning a plain scalar in line 1); indent with spaces, not with tabs"#
    ),
    (
      "hostname: \"pi\n",
      #"2:1: is not YAML: found unexpected end of stream (while scanning a quoted scalar in line 1)"#
    ),
    (
      "network: {interfaces: {eth0: dhcp}\n",
      #"2:1: is not YAML: did not find expected ',' or '}' (while parsing a flow mapping in line 1)"#
    ),
    ("hostname: pi\n---\nhostname: po\n", #"2:1: is another document; a recipe is one"#),
    (
      "hostname: pi\nusers: *all\n",
      #"2:8: anchors and aliases are not read; write the value where it is needed"#
    ),
    (
      "packages: &all [git]\nmodules: *all\n",
      #"1:11: anchors and aliases are not read; write the value where it is needed"#
    ),
    ("hostname: p\u{7}i\n", #"1:12: has the character U+7 in it, which YAML doesn't allow; take it out"#),
    ("- hostname\n", #"1:1: is a list; give keys such as hostname"#),
    ("pi\n", #"1:1: is text; give keys such as hostname"#),
    // Keys.
    ("hostnam: pi\n", #"1:1: hostnam: no such key; did you mean "hostname"?"#),
    ("data: {inode_ratio: 8KiB}\n", #"1:8: data.inode_ratio: no such key; did you mean "inode-ratio"?"#),
    ("journal: none\n", #"1:1: journal: no such key here; it is "data.journal""#),
    (
      "data:\n  colour: blue\n",
      #"2:3: data.colour: no such key; there are size, label, uuid, journal, reserved, inodes, inode-ratio, features, mount-options, errors, from, owner, device-table"#
    ),
    (
      "lbu: {colour: blue}\n",
      #"1:7: lbu.colour: no such key; there are backups, include, exclude, first-commit"#
    ),
    (
      "hostname: pi\nsize: 4GB\nhostname: po\n",
      #"3:1: hostname: is there twice, first in line 1; leave one out"#
    ),
    (
      "data: {label: A, size: 1GiB, 'label': B}\n",
      #"1:30: data.label: is there twice, first in line 1; leave one out"#
    ),
    ("? [a]\n: b\n", #"1:3: a key is a word, not a list"#),
    ("? {a: b}\n: c\n", #"1:3: a key is a word, not a mapping"#),
    // Types.
    ("hostname:\nsize: 4GB\n", #"1:10: hostname: has no value; give a name such as pi"#),
    ("hostname: [pi]\n", #"1:11: hostname: is a list; give a name such as pi"#),
    ("release: {url: x}\n", #"1:10: release: is a mapping; give the path of an alpine-rpi tarball"#),
    ("data: [a]\n", #"1:7: data: is a list; give none or a mapping"#),
    ("boot: small\n", #"1:7: boot: "small" can't stand here; give none or a mapping"#),
    (
      "packages:\n- git\n- {name: vim}\n", #"3:3: packages.1: is a mapping; give a package or a list of them"#
    ),
    ("ssh: {passwords: yes}\n", #"1:18: ssh.passwords: "yes" is neither true nor false"#),
    ("ssh: {port: 0}\n", #"1:13: ssh.port: "0" is no whole number from 1 to 65535"#),
    ("ssh: {port: 65536}\n", #"1:13: ssh.port: "65536" is no whole number from 1 to 65535"#),
    ("ssh: {port: +22}\n", #"1:13: ssh.port: "+22" is no whole number from 1 to 65535"#),
    ("epoch: yesterday\n", #"1:8: epoch: "yesterday" is no whole number from 0 to 4294967295"#),
    ("size: large\n", #"1:7: size: "large" is no size; give a size such as 512MiB or 4GB"#),
    ("ntp: crony\n", #"1:6: ntp: "crony" can't stand here; did you mean chrony?"#),
    ("ntp: clockwork\n", #"1:6: ntp: "clockwork" can't stand here; give chrony, openntpd, busybox or none"#),
    ("allow: anything\n", #"1:8: allow: "anything" can't stand here; give unknown-release"#),
    // Values.
    (
      "hostname: pi_1\n",
      #"1:11: hostname: "pi_1" may hold only the letters a to z, digits, hyphens and dots"#
    ),
    ("hostname: ''\n", #"1:11: hostname: "" is empty; give the Pi a name"#),
    (
      "timezone: \"Europe/\\nVienna\"\n",
      #"1:11: timezone: has a control character or an end of line in it; give one line"#
    ),
    (
      "keymap: de\n",
      #"1:9: keymap: "de" is not a layout and a variant, such as "de de-nodeadkeys" or "us us""#
    ),
    (
      "data:\n  label: a label that is too long\n",
      #"2:10: data.label: ext4 label "a label that is too long": at most 16 bytes of UTF-8 and no NUL; shorten it"#
    ),
    (
      "data: {uuid: 1234}\n", #"1:14: data.uuid: ext4 UUID "1234": write it as 8-4-4-4-12 hexadecimal digits"#
    ),
    ("data: {journal: 1MiB}\n", #"1:17: data.journal: takes 4MiB to 40000MiB"#),
    ("data: {journal: maybe}\n", #"1:17: data.journal: give a size such as 64MiB, auto or none"#),
    (
      "data: {reserved: half}\n",
      #"1:18: data.reserved: ext4 reserved blocks "half": give a percentage with up to two decimals, like 0.5"#
    ),
    ("data: {reserved: 60}\n", #"1:18: data.reserved: ext4 reserved blocks 60 %: reserve 0 to 50 %"#),
    ("data: {inodes: 3}\n", #"1:16: data.inodes: "3" is no whole number from 16 to 4294967295"#),
    (
      "data: {inode-ratio: 1}\n",
      #"1:21: data.inode-ratio: ext4 inode ratio 1: give 1024 to 67108864 bytes of the volume to an inode"#
    ),
    (
      "data: {features: [^64bit, encrypt]}\n",
      #"1:18: data.features: ext4 feature encrypt: not possible, since content is written as it comes; leave it out"#
    ),
    (
      "data: {features: ^extents}\n",
      #"1:18: data.features: ext4 feature ^extent: not possible, since files are mapped by extents alone; leave it on"#
    ),
    (
      "data:\n  mount-options: acl,barrier\n",
      #"2:18: data.mount-options: ext4 mount option "barrier": no default of a volume; see tune2fs(8), -o"#
    ),
    (
      "data: {errors: ignore}\n",
      #"1:16: data.errors: "ignore" can't stand here; give continue, remount-ro or panic"#
    ),
    (
      "data: {from: ../up=a.tar}\n",
      #"1:14: data.from: "../up=a.tar": the target has a ".." in it, which could lead out of the volume"#
    ),
    (
      "data: {owner: ann:users}\n",
      #"1:15: data.owner: "ann:users" is no owner; give USER:GROUP, each a number or root"#
    ),
    ("services: {default: a/b}\n", #"1:21: services.default: a/b is no name of a script in /etc/init.d"#),
    (
      "network: {interfaces: {eth0: dchp}}\n",
      #"1:30: network.interfaces.eth0: "dchp" can't stand here; did you mean dhcp?"#
    ),
    (
      "network: {interfaces: {eth0: {gateway: 192.168.1.1}}}\n",
      #"1:30: network.interfaces.eth0: has no address; give one"#
    ),
    (
      "root: {password: secret}\n",
      #"1:18: root.password: is no hash as "openssl passwd -6" makes it; give that, or locked"#
    ),
    ("users:\n- name: ann\n- admin: true\n", #"3:3: users.1: has no name; give the user one"#),
    ("scripts: setup.sh\n", #"1:10: scripts: "setup.sh" has to end in .start"#),
    ("lbu: {include: /}\n", #"1:16: lbu.include: "/" is no directory below the root"#),
    (
      "lbu: {include: a/../../b}\n",
      #"1:16: lbu.include: "a/../../b" has a ".." in it, which could lead out of the volume"#
    ),
    ("persist: var/lib/docker\n", #"1:10: persist: "var/lib/docker" is no absolute path"#),
    (
      "persist:\n- path: /var/lib/docker\n  by: bond\n",
      #"3:7: persist.0.by: "bond" can't stand here; did you mean bind?"#
    ),
    ("persist: {by: bind}\n", #"1:10: persist: has no path; name the directory"#),
    (
      "boot: {config: [dtparam=audio=on, gpu_mem 16]}\n",
      #"1:35: boot.config.1: "gpu_mem 16" is no line of config.txt; one is like "dtparam=audio=on", "gpu_mem=16" or "[pi4]""#
    ),
    (
      "boot:\n  cmdline: init=\"a b\"\n",
      #"2:12: boot.cmdline: "init="a b"" has a quote, "\" or "$" in it, which init's shell would take for its own"#
    ),
    ("boot: {serial-console: on}\n", #"1:24: boot.serial-console: "on" is neither true nor false"#),
    (
      "boot: {serial-console: true, config: enable_uart=0}\n",
      #"1:38: boot.config: takes the serial line away that the serial console needs"#
    ),
    (
      "lbu: {exclude: [etc/motd, opt/a]}\n",
      #"1:27: lbu.exclude.1: opt/a lies in nothing that a commit keeps; name something in etc or in what is included"#
    ),
    (
      "network:\n  interfaces:\n    eth0: [dhcp, 10.0.0.0/24]\n",
      #"3:18: network.interfaces.eth0.1: "10.0.0.0/24" is not an address that a machine can have; take another one of the network"#
    ),
    // Contradictions.
    (
      "boot: none\ndata: none\n",
      #"2:7: data: "boot: none" and "data: none" leave nothing to make; leave one of them out"#
    ),
    (
      "release: a.tar\nboot: none\n",
      #"1:10: release: "boot: none" leaves no partition for it; leave one of them out"#
    ),
    (
      "data: none\npersist: /srv\n",
      #"2:10: persist: "data: none" leaves no partition for it; leave one of them out"#
    ),
    (
      "data: none\nlbu: {backups: 3}\n",
      #"2:6: lbu: "data: none" leaves no partition for it; leave one of them out"#
    ),
    (
      "data: none\ntimezone: Europe/Vienna\n",
      #"2:11: timezone: "data: none" leaves no partition for it; leave one of them out"#
    ),
    (
      "data: none\ncache: apks\n",
      #"2:8: cache: "data: none" leaves no partition for it; leave one of them out"#
    ),
    (
      "boot: none\ncache: apks\n",
      #"2:8: cache: "boot: none" leaves no release that it could be for; leave one of them out"#
    ),
    (
      "cache: {form: apks}\n",
      #"1:9: cache.form: no such key; did you mean "from"?"#
    ),
    (
      "cache: [apks, {from: apks}]\n",
      #"1:15: cache.1: is a mapping; give the path of a tar or a directory, a list of them, or a mapping"#
    ),
    (
      "cache: {online-first-boot: maybe}\n",
      #"1:28: cache.online-first-boot: "maybe" is neither true nor false"#
    ),
    (
      "size: 1GiB\ndata: {size: 1GiB}\n",
      #"1:7: size: a card of 1 GiB has no room for partitions of 1280 MiB and the table before them"#
    ),
    (
      "data: {size: 1MiB}\n",
      #"1:14: data.size: ext4 volume of 1048576 bytes: too small for its own structures; give it at least 8388608"#
    ),
    (
      "data: {journal: none, mount-options: journal_data}\n",
      #"1:38: data.mount-options: ext4 mount option journal_data: there is no journal; leave it out"#
    ),
    (
      "data: {journal: 64MiB, features: ^has_journal}\n",
      #"1:17: data.journal: ext4 journal: the features leave has_journal out; switch it on or ask for no journal"#
    ),
    (
      "persist: [/srv/a, /srv]\n",
      #"1:19: persist.1: lies in /srv/a, or that in it; leave out one of them"#
    ),
    ("persist:\n- /srv\n- /srv/\n", #"3:3: persist.1: is named twice; leave out one of them"#),
    (
      "persist: {path: /srv, by: bind, size: 1GiB}\n",
      #"1:39: persist.size: bind: lies on the data partition and has no size of its own; file and partition have one"#
    ),
    ("users: [ann, bob, ann]\n", #"1:19: users.2: "ann" is there a second time; leave one out"#),
    (
      "services: {default: docker, remove: docker}\n",
      #"1:37: services.remove: "docker" is to be added, too; leave one out"#
    ),
  ]

  @Test(arguments: recipes)
  func `what is wrong is said once, with its place`(recipe: String, complaint: String) {
    #expect(complaints(recipe) == [complaint])
  }

  @Test func `all that is wrong is said at once, in the order of the file`() {
    let recipe = """
      hostname: pi_1
      size: large
      data: {size: 1GiB, size: 2GiB, size: 3GiB, labl: X, label: A, label: B}
      users:
        - {name: ann, admin: maybe}
        - {nam: bob}
      size: 4GB
      """
    #expect(
      complaints(recipe) == [
        #"1:11: hostname: "pi_1" may hold only the letters a to z, digits, hyphens and dots"#,
        #"2:7: size: "large" is no size; give a size such as 512MiB or 4GB"#,
        #"3:20: data.size: is there twice, first in line 3; leave one out"#,
        #"3:32: data.size: is there twice, first in line 3; leave one out"#,
        #"3:44: data.labl: no such key; did you mean "label"?"#,
        #"3:63: data.label: is there twice, first in line 3; leave one out"#,
        #"5:24: users.0.admin: "maybe" is neither true nor false"#,
        #"6:6: users.1.nam: no such key; did you mean "name"?"#,
        #"7:1: size: is there twice, first in line 2; leave one out"#,
      ])
  }

  @Test func `more keys that are there twice than are worth a list end the reading`() {
    let recipe = (0..<60).flatMap { ["a\($0): 1", "a\($0): 2"] }.joined(separator: "\n")
    #expect(complaints(recipe).count == 1)
    #expect(complaints(recipe).first?.contains("keys that are there twice: ") == true)
  }

  @Test func `what is no text in UTF-8 is no recipe`() {
    #expect(complaints([0x61, 0x3A, 0x20, 0x62, 0x0A, 0x20, 0xFF]) == ["2:2: is not UTF-8; save it as that"])
    #expect(complaints([0xFE, 0xFF, 0x00, 0x61]) == ["1:1: is not UTF-8; save it as that"])
  }

  @Test func `no file is read that is longer than any recipe`() {
    let text = "hostname: pi\n" + String(repeating: "#\n", count: RecipeFile.largestByteCount / 2)
    #expect(complaints(text) == ["1:1: has more than 256 KiB, as no recipe has"])
  }

  @Test func `aliases of aliases are refused before anything follows them`() {
    let names = "abcdefghijklmnopqrstuvwxyz".map(String.init)
    let laughs = zip(names, names.dropFirst()).map { "\($1): &\($1) [*\($0), *\($0), *\($0)]\n" }.joined()
    for text in ["a: &a [ha]\n" + laughs, "a: &a [ha]\n" + laughs + "? *z\n: 1\n"] {
      #expect(complaints(text).count == 1)
      #expect(complaints(text).first?.contains("anchors and aliases are not read") == true)
    }
  }

  @Test(arguments: ["[", "{a: ", "- "]) func `what is nested too deep is refused`(text: String) {
    #expect(complaints(String(repeating: text, count: 5000)).count == 1)
    let closing = text == "[" ? "]" : text == "- " ? "" : "}"
    let nested = String(repeating: text, count: 900) + "1" + String(repeating: closing, count: 900)
    #expect(complaints("data: " + nested).count == 1)
  }

  @Test func `no bytes make it trap`() {
    var generator = SeededGenerator()
    let start = Array(everything.utf8)
    let parts = [
      "&a", "*a", "!!str ", "? ", ": ", "- ", "[", "]", "{", "}", "|\n", "'", "\"", "\\u", "\t", "\u{2028}",
      "---\n", "%YAML 1.2\n", "<<: ",
    ]
    .map { Array($0.utf8) }
    for _ in 0..<3000 {
      var bytes = start
      for _ in 0..<Int.random(in: 1...6, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch UInt8.random(in: 0...4, using: &generator) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.insert(contentsOf: parts.randomElement(using: &generator)!, at: index)
        case 2: bytes.remove(at: index)
        case 3:
          bytes.insert(
            contentsOf: bytes[index...].prefix(40), at: Int.random(in: 0..<bytes.count, using: &generator))
        default: bytes.removeSubrange(index..<min(bytes.count, index + 20))
        }
      }
      for complaint in complaints(bytes) { #expect(!complaint.isEmpty) }
    }
    for _ in 0..<1000 { _ = complaints(generator.bytes(Int.random(in: 0...60, using: &generator))) }
  }
}

/// What a recipe's error says, a line a complaint.
func complaints(_ recipe: String) -> [String] { complaints(Array(recipe.utf8)) }

private func complaints(_ recipe: [UInt8]) -> [String] {
  do {
    _ = try RecipeFile(recipe)
    return []
  } catch { return error.complaints.map(\.description) }
}
