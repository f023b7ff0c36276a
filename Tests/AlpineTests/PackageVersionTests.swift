// SPDX-License-Identifier: Apache-2.0
import Alpine
import Testing

@Suite struct PackageVersionTests {
  /// Each less than the next.
  @Test(arguments: [
    [
      "1.2_alpha", "1.2_alpha1", "1.2_alpha10", "1.2_beta", "1.2_pre", "1.2_rc1", "1.2_rc1-r1", "1.2",
      "1.2_cvs",
      "1.2_svn", "1.2_git20240101", "1.2_hg", "1.2_p1", "1.2_p2",
    ],
    ["9", "10", "010.1", "11"],
    ["1.2", "1.2-r0", "1.2-r1", "1.2-r10", "1.2a", "1.2b", "1.2.1"],
    // As fractions, where one of the two has a leading zero.
    ["1.001", "1.01", "1.011", "1.1", "1.2", "1.10"],
    ["8.4_p1-r3", "8.4_p1-r4", "8.8_p1-r0"],
    ["1.0_alpha_pre1", "1.0_alpha", "1.0_alpha_p1"],
    ["3_git1~0a1f", "3_git1~0b", "3_git1~0b-r1"],
    ["2021a-r0", "2021b-r0", "20210331"],
    ["0.99999999999999999999", "0.100000000000000000000"],
    ["1.1.1k-r0", "1.1.1l-r0", "3.0.0-r0"],
  ])
  func `later versions are greater`(versions: [String]) {
    for (index, left) in versions.enumerated() {
      for (otherIndex, right) in versions.enumerated() {
        let (left, right) = (PackageVersion(left), PackageVersion(right))
        #expect(left.isValid, "\(left)")
        #expect((left < right) == (index < otherIndex), "\(left) and \(right)")
        #expect((left.order(to: right) == .equal) == (index == otherIndex), "\(left) and \(right)")
      }
    }
  }

  @Test(arguments: [
    ("3.6.1", "3.6", PackageVersion.Order.equal), ("3.6", "3.6", .equal), ("3.6_rc1-r4", "3.6", .equal),
    ("3.60", "3.6", .greater), ("3.5.9", "3.6", .less), ("3.6", "3.6.1", .less), ("4-r0", "3", .greater),
  ])
  func `a prefix is enough where it is asked for`(
    version: String, prefix: String, order: PackageVersion.Order
  ) {
    #expect(PackageVersion(version).order(to: PackageVersion(prefix), isPrefixEnough: true) == order)
  }

  @Test func `numbers count, zeros before the first don't`() {
    #expect(PackageVersion("007").order(to: PackageVersion("7")) == .equal)
    #expect(PackageVersion("1-r01").order(to: PackageVersion("1-r1")) == .equal)
  }

  @Test(arguments: [
    "", "a", ".1", "-r1", "_p1", "1.", "1..2", "1.2ab", "1.2a1", "1.2a.1", "1_", "1__p", "1_foo", "1_P",
    "1-1", "1-r",
    "1-r1-r2", "1-r1.2", "1-r1_p1", "1_p1.2", "1~", "1~xyz", "1~ab_p1", "1-r1~ab", "1.2 ", "1.2A", "1.2é",
    "v1", "1_p~",
  ])
  func `what is no version is known`(text: String) {
    #expect(!PackageVersion(text).isValid)
    #expect(PackageVersion(text).description == text)
  }
}

@Suite struct DependencyTests {
  @Test(arguments: [
    ("musl", "musl", "", nil as String?, false), ("musl>=1.2", "musl", ">=1.2", nil, false),
    ("so:libc.musl-aarch64.so.1", "so:libc.musl-aarch64.so.1", "", nil, false),
    ("cmd:sshd=8.4_p1-r3", "cmd:sshd", "=8.4_p1-r3", nil, false), ("/bin/sh", "/bin/sh", "", nil, false),
    ("pc:zlib<1.3", "pc:zlib", "<1.3", nil, false), ("!vlan", "vlan", "", nil, true),
    ("!vlan<2", "vlan", "<2", nil, true), ("docker@edge", "docker", "", "edge", false),
    ("docker@edge~=20.10", "docker", "~20.10", "edge", false), ("python3~3.8", "python3", "~3.8", nil, false),
    ("a<~1", "a", "<~1", nil, false), ("a>~1", "a", ">~1", nil, false),
    ("a<=1-r0", "a", "<=1-r0", nil, false),
    ("a><Q1ICWiXI2cIPflYNKpa18/k5JCFTY=", "a", "><Q1ICWiXI2cIPflYNKpa18/k5JCFTY=", nil, false),
    ("cmd:[", "cmd:[", "", nil, false),
  ])
  func `every form is read`(text: String, name: String, tail: String, tag: String?, isConflict: Bool) throws {
    let dependency = try Dependency(text)
    #expect(dependency.name == name)
    #expect(dependency.tag == tag)
    #expect(dependency.isConflict == isConflict)
    #expect(dependency.description == (isConflict ? "!" : "") + name + (tag.map { "@\($0)" } ?? "") + tail)
    #expect(try Dependency(dependency.description) == dependency)
  }

  @Test(arguments: [
    ("", DependencyProblem.noName), ("!", .noName), (">=1", .noName), ("@edge", .noName), ("a@", .noTag),
    ("a@>1", .noTag), ("a>=", .noVersion), ("a=", .noVersion), ("a<=>1", .unknownOperator("<=>")),
    ("a=x", .noVersionSyntax("x")), ("a=1.2 ", .forbiddenCharacter), ("a b", .forbiddenCharacter),
    ("a\u{1B}[2J", .forbiddenCharacter), ("é", .forbiddenCharacter), ("a=1=2", .noVersionSyntax("1=2")),
  ])
  func `what is none is refused`(text: String, problem: DependencyProblem) {
    #expect(throws: AlpineError.dependency(text, problem)) { try Dependency(text) }
  }

  @Test func `the error says what would be right`() {
    #expect(
      AlpineError.dependency("a\u{1B}", .forbiddenCharacter).description
        == #"package "a\x1b": may hold only letters, digits and signs of ASCII, and no spaces"#)
    #expect(
      AlpineError.dependency("a=x", .noVersionSyntax("x")).description
        == #"package "a=x": "x" is no version as apk reads it; write it like 1.2.3, 1.2.3_rc1 or 1.2.3-r4"#)
  }
}

@Suite struct CacheIndexNameTests {
  @Test(arguments: [
    ("2.10.8-r0", CacheIndexName.repository), ("2.12.4-r0", .repository), ("2.12.11-r0", .repository),
    ("2.12.12-r0", .index), ("2.12.14-r0", .index), ("2.14.0-r5", .repository), ("2.14.1-r0", .index),
    ("2.14.9-r2", .index), ("3.0.0_rc1-r0", .indexSHA256), ("3.0.0-r0", .indexSHA256),
    ("3.0.6-r1", .indexSHA256),
  ])
  func `apk-tools' version decides`(version: String, name: CacheIndexName) {
    #expect(CacheIndexName(apkTools: PackageVersion(version)) == name)
  }

  /// Digits from sha1sum and sha256sum.
  @Test(arguments: [
    (CacheIndexName.repository, "http://dl-cdn.alpinelinux.org/alpine/edge/main", "066df28d"),
    (.repository, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main", "c62e856a"),
    (.repository, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main/", "321ed0eb"),
    (.index, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main", "830e8ffe"),
    (.index, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main/", "830e8ffe"),
    (.indexSHA256, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main", "b6626541"),
    (.indexSHA256, "http://dl-cdn.alpinelinux.org/alpine/v3.13/main//", "b6626541"),
  ])
  func `the name is apk's own`(name: CacheIndexName, repository: String, digits: String) {
    #expect(name.fileName(repository: repository, architecture: .aarch64) == "APKINDEX.\(digits).tar.gz")
  }
}
