// SPDX-License-Identifier: Apache-2.0
@testable import Alpine
import Testing

@Suite struct PackageSetTests {
  private func installation(_ packages: [Package], _ world: String...) throws -> Installation {
    PackageSet(packages, architecture: .aarch64).installation(of: try world.map { try Dependency($0) })
  }

  /// What is missing, one line each.
  private func missing(_ packages: [Package], _ world: String...) throws -> [String] {
    PackageSet(packages, architecture: .aarch64).installation(of: try world.map { try Dependency($0) })
      .unsatisfied.flatMap { $0.missing.map(\.description) }
  }

  private func some() throws -> [Package] {
    try packages(
      "musl-1.2.2-r0: | so:libc.musl-aarch64.so.1=1",
      "busybox-1.32.1-r5: so:libc.musl-aarch64.so.1 | /bin/sh cmd:ls",
      "openssh-8.4_p1-r3: openssh-server openssh-client /bin/sh",
      "openssh-server-8.4_p1-r3: so:libcrypto.so.1.1 | cmd:sshd",
      "openssh-client-8.4_p1-r3: so:libcrypto.so.1.1",
      "libcrypto1.1-1.1.1k-r0: so:libc.musl-aarch64.so.1 | so:libcrypto.so.1.1=1.1",
      "docker-20.10.3-r1: docker-engine docker-cli ca-certificates",
      "docker-cli-20.10.3-r1: so:libc.musl-aarch64.so.1")
  }

  @Test func `what is needed comes along`() throws {
    let installation = try installation(try some(), "openssh", "busybox")
    try installation.check()
    #expect(
      installation.packages.map(\.fullName) == [
        "busybox-1.32.1-r5", "libcrypto1.1-1.1.1k-r0", "musl-1.2.2-r0", "openssh-8.4_p1-r3",
        "openssh-client-8.4_p1-r3", "openssh-server-8.4_p1-r3",
      ])
    #expect(installation.conflicts.isEmpty)
  }

  @Test func `everything that is missing is named, with who needs it`() throws {
    #expect(try missing(try some(), "nano") == ["nano: nothing provides it"])
    #expect(
      try missing(try some(), "busybox", "docker") == [
        "docker-20.10.3-r1 needs docker-engine: nothing provides it",
        "docker-20.10.3-r1 needs ca-certificates: nothing provides it",
      ])
    let set = try packages("a-1: b", "b-1: c so:x.so.1", "c-1: d>2", "d-1: ")
    #expect(
      try missing(set, "a") == [
        "a-1 needs b-1 needs c-1 needs d>2: there is d-1",
        "a-1 needs b-1 needs so:x.so.1: nothing provides it",
      ])
    let installation = try installation(set, "a", "d")
    #expect(installation.packages.map(\.name) == ["d"])
    let error = try #require(throws: AlpineError.self) { try installation.check() }
    #expect(
      error.description == """
        packages that neither the release nor the cache can install; put what is missing into the cache, or let \
        the first boot have a network: a-1 needs b-1 needs c-1 needs d>2: there is d-1, a-1 needs b-1 needs \
        so:x.so.1: nothing provides it
        """)
  }

  @Test func `cycles are no obstacle, and don't hide what is missing`() throws {
    let set = try packages("a-1: b", "b-1: c", "c-1: a")
    #expect(try missing(set, "a").isEmpty)
    let broken = try packages("a-1: b", "b-1: c d", "c-1: a")
    #expect(
      try missing(broken, "a", "c") == [
        "a-1 needs b-1 needs d: nothing provides it", "c-1 needs a-1 needs b-1 needs d: nothing provides it",
      ])
    #expect(try missing(try packages("a-1: a"), "a").isEmpty)
  }

  @Test func `another provider does where one lacks something`() throws {
    let set = try packages("a-1: mta", "exim-4: nothing | mta=4", "postfix-3: | mta=3")
    let installation = try installation(set, "a")
    #expect(installation.packages.map(\.name) == ["a", "postfix"])
    #expect(try missing(set, "a", "exim") == ["exim-4 needs nothing: nothing provides it"])
  }

  @Test(arguments: [
    ("=1.2-r0", true), ("=1.2", false), (">1.1", true), (">1.2-r0", false), (">=1.2-r0", true),
    ("<1.3", true),
    ("<1.2", false), ("<=1.2-r0", true), ("~1.2", true), ("~1", true), ("~1.3", false), ("<~1.2", true),
    (">~1.3", false),
  ])
  func `versions are held to`(constraint: String, isMet: Bool) throws {
    let set = try packages("a-1.2-r0: | cmd:a=1.2-r0", "b-1: cmd:a\(constraint)")
    #expect(try missing(set, "a\(constraint)").isEmpty == isMet)
    #expect(try missing(set, "b").isEmpty == isMet)
  }

  @Test func `the newest is chosen, and the one that is meant`() throws {
    let set = try packages("a-1.9: ", "a-1.10: ", "a-1.2: ", "z-3: | a=3")
    #expect(try installation(set, "a").packages.map(\.fullName) == ["a-1.10"])
    #expect(try installation(set, "a<1.9").packages.map(\.fullName) == ["a-1.2"])
    #expect(try installation(set, "a>2").packages.map(\.fullName) == ["z-3"])
  }

  @Test func `a name without a version is met by what is there anyway, and nobody is chosen for it`() throws {
    let set = try packages("a-1: sh", "busybox-1: | sh", "dash-1: | sh")
    #expect(try missing(set, "a") == ["a-1 needs sh: name one of busybox, dash in the world"])
    #expect(try missing(set, "sh") == ["sh: name one of busybox, dash in the world"])
    #expect(try missing(set, "a", "busybox").isEmpty)
    #expect(
      try missing(set, "sh=1") == [
        "sh=1: there is sh without a version in busybox-1, sh without a version in dash-1"
      ])
    var preferred = set
    preferred[2].providerPriority = 10
    #expect(try installation(preferred, "a").packages.map(\.name) == ["a", "dash"])
  }

  @Test func `one package and no other is known by its identity`() throws {
    var set = try packages("a-1: ")
    set[0].identity = "Q1ICWiXI2cIPflYNKpa18/k5JCFTY="
    #expect(try missing(set, "a><Q1ICWiXI2cIPflYNKpa18/k5JCFTY=").isEmpty)
    #expect(
      try missing(set, "a><Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=") == [
        "a><Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=: there is a-1"
      ])
  }

  @Test func `conflicts are pointed out, and no reason to refuse`() throws {
    let set = try packages("a-1: !vlan b", "b-1: vlan", "vlan-2: !vlan | cmd:vconfig")
    let installation = try installation(set, "a", "!b<2")
    try installation.check()
    #expect(
      installation.conflicts.map(\.description) == [
        "the world asks for !b<2, and b-1 is to be installed",
        "a-1 asks for !vlan, and vlan-2 is to be installed",
      ])
    #expect(try self.installation(set, "!b", "vlan").conflicts.isEmpty)
  }

  @Test func `packages for other machines don't count`() throws {
    var set = try packages("a-1: ", "b-1: ", "c-1: ")
    set[0].architecture = "x86_64"
    set[1].architecture = "noarch"
    set[2].architecture = "aarch64"
    #expect(try missing(set, "a", "b", "c") == ["a: nothing provides it"])
    #expect(PackageSet(set, architecture: nil).installation(of: [try Dependency("a")]).unsatisfied.isEmpty)
  }

  @Test func `tags don't count`() throws {
    #expect(try missing(try packages("a-1: "), "a@edge").isEmpty)
  }

  /// Against the plain definition: the largest set in which everything is met.
  @Test func `random sets agree with the definition`() throws {
    var random = SplitMix64(seed: 7)
    for _ in 0..<300 {
      let count = 1 + Int(random.next() % 12)
      let set = try (0..<count).map { index in
        let needs = (0..<Int(random.next() % 4)).map { _ in "p\(random.next() % 14)" }
        let provides = (0..<Int(random.next() % 3)).map { _ in "p\(random.next() % 14)=1" }
        return try Package(
          "P:p\(index)\nV:1\nD:\(needs.joined(separator: " "))\np:\(provides.joined(separator: " "))")
      }
      var left = set
      while let lacking = left.firstIndex(where: { package in
        !package.dependencies.allSatisfy { isMet($0, by: left) }
      }) {
        left.remove(at: lacking)
      }
      for name in (0..<14).map({ "p\($0)" }) {
        let dependency = try Dependency(name)
        let installation = PackageSet(set, architecture: nil).installation(of: [dependency])
        #expect(installation.unsatisfied.isEmpty == isMet(dependency, by: left))
        #expect(installation.unsatisfied.allSatisfy { !$0.missing.isEmpty })
        for package in installation.packages {
          #expect(package.dependencies.allSatisfy { isMet($0, by: installation.packages) })
        }
      }
    }
  }

  private func isMet(_ dependency: Dependency, by packages: [Package]) -> Bool {
    packages.contains { $0.name == dependency.name || $0.provisions.contains { $0.name == dependency.name } }
  }
}

@Suite struct ReleasePackagesTests {
  @Test(arguments: Architecture.allCases)
  func `the sample's packages are found, and satisfy the default world`(architecture: Architecture) throws {
    var recorder = Recorder()
    try SampleRelease(scale: .small, architecture: architecture).write(to: &recorder)
    let packages = try observed(recorder).packages(for: architecture)
    #expect(packages.count == SamplePackage.all.count)
    let world = try Overlay.defaultWorld.map { try Dependency($0) }
    let installation = PackageSet(packages, architecture: architecture).installation(of: world)
    try installation.check()
    #expect(installation.conflicts.isEmpty)
    #expect(installation.packages.contains { $0.name == "openssh-server" })
    for other in Architecture.allCases where other != architecture {
      #expect(try observed(recorder).packages(for: other).isEmpty)
    }
  }

  @Test func `a package counts only where its file is there`() throws {
    let files = [
      ("apks/aarch64/APKINDEX.tar.gz", try index("P:a\nV:1\n\nP:b\nV:2\n\nP:c\nV:3\n")),
      ("apks/aarch64/a-1.apk", []), ("apks/aarch64/b-1.apk", []), ("apks/armv7/c-3.apk", []),
      ("apks/aarch64/more/b-2.apk", []),
    ]
    var recorder = Recorder()
    var reader = try Replay(files)
    try recorder.add(contentsOf: &reader)
    #expect(try observed(recorder).packages(for: .aarch64).map(\.fullName) == ["a-1"])
  }

  @Test func `an index that is damaged is said to be`() throws {
    var recorder = Recorder()
    var reader = try Replay([("apks/armv7/APKINDEX.tar.gz", Array("text".utf8))])
    try recorder.add(contentsOf: &reader)
    let error = try #require(throws: AlpineError.self) { try observed(recorder).packages(for: .armv7) }
    #expect(error.description.hasPrefix("apks/armv7/APKINDEX.tar.gz: "))
  }

  private func observed(_ recorder: Recorder) -> ReleasePackages {
    var packages = ReleasePackages()
    for file in recorder.files where packages.observe(file.entry) {
      packages.observe(bytes: file.bytes.span.bytes.extracting(first: file.bytes.count / 2))
      packages.observe(bytes: file.bytes.span.bytes.extracting(droppingFirst: file.bytes.count / 2))
    }
    return packages
  }
}

@Suite struct JoiningPackagesTests {
  private func joining(_ paragraphs: [String], world: String...) throws -> [String] {
    PackageSet(try paragraphs.map { try Package($0) }, architecture: nil)
      .installation(of: try world.map { try Dependency($0) }).joining.map(\.name)
  }

  @Test func `a package joins where all that it waits for is installed, and so on`() throws {
    let packages = [
      "P:a\nV:1\n", "P:b\nV:1\n", "P:a-b\nV:1\ni:a b\nD:needed\n", "P:needed\nV:2\n",
      "P:third\nV:1\ni:needed>1\n",
      "P:never\nV:1\ni:a=2\n", "P:without\nV:1\ni:a !b\n", "P:broken\nV:1\ni:a\nD:nowhere\n",
    ]
    #expect(try joining(packages, world: "a", "b") == ["a-b", "needed", "third"])
    #expect(try joining(packages, world: "a") == ["without"])
    #expect(try joining(packages, world: "b") == [])
  }
}
