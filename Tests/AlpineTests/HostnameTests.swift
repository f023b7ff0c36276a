// SPDX-License-Identifier: Apache-2.0
import Alpine
import Testing

@Suite struct HostnameTests {
  @Test(arguments: [
    "a", "pi", "PI-4", "3com", "0", "raspberry-pi", "pi.example.org", "a.b",
    String(repeating: "a", count: 63),
    String(repeating: "a", count: 31) + "." + String(repeating: "b", count: 32),
  ])
  func `good names are taken as they are`(name: String) throws {
    #expect(try Hostname(name).name == name)
  }

  @Test(arguments: [
    ("", HostnameProblem.empty),
    ("-pi", .hyphenAtEnd(label: "-pi")),
    ("pi-", .hyphenAtEnd(label: "pi-")),
    ("a.-", .hyphenAtEnd(label: "-")),
    (".pi", .emptyLabel),
    ("pi.", .emptyLabel),
    ("a..b", .emptyLabel),
    ("a_b", .forbiddenCharacter),
    ("a b", .forbiddenCharacter),
    ("a/b", .forbiddenCharacter),
    ("p\u{EF}", .forbiddenCharacter),
    ("pi\n", .forbiddenCharacter),
    ("pi\0", .forbiddenCharacter),
    (String(repeating: "a", count: 64), .labelTooLong(byteCount: 64)),
    (String(repeating: "a", count: 32) + "." + String(repeating: "b", count: 32), .tooLong(byteCount: 65)),
    (String(repeating: "a", count: 300), .tooLong(byteCount: 300)),
  ])
  func `bad names are refused, and it says why`(name: String, problem: HostnameProblem) {
    #expect(throws: AlpineError.hostname(name, problem)) { try Hostname(name) }
  }

  @Test func `the sentence shows no control characters`() {
    #expect(
      AlpineError.hostname("pi\u{1B}[2J", .forbiddenCharacter).description
        == #"hostname "pi\x1b[2J": may hold only the letters a to z, digits, hyphens and dots"#)
  }
}
