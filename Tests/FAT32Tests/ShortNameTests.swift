// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import FAT32

@Suite struct ShortNameTests {
  @Test(arguments: [
    ("FOO.BAR", "FOO     BAR"), ("foo.bar", "FOO     BAR"), ("Foo", "FOO        "),
    ("PICKLE.A", "PICKLE  A  "),
    ("prettybg.big", "PRETTYBGBIG"), ("fixup_x.dat", "FIXUP_X DAT"), ("a", "A          "),
    ("{~}", "{~}        "),
  ])
  func `8.3 names are their own short names`(name: String, bytes: String) {
    #expect(ShortName(Array(name.utf8))?.bytes == Array(bytes.utf8))
  }

  @Test(arguments: [
    "", ".", ".a", "a.", "a.b.c", "ninechars", "a.four", "a b", "a+b", "a[1]", "é", "a*", "foo..bar",
  ])
  func `other names have none of their own`(name: String) {
    #expect(ShortName(Array(name.utf8)) == nil)
  }

  @Test func `only upper-case 8.3 names need no long one`() {
    #expect(ShortName.isShortName(Array("LICENCE.TXT".utf8)[...]))
    #expect(!ShortName.isShortName(Array("config.txt".utf8)[...]))
    #expect(!ShortName.isShortName(Array("LICENCE.BROADCOM".utf8)[...]))
  }

  @Test(arguments: [
    // The examples of the specification, section "Rules governing name creation and matching".
    ("The quick brown.fox", "THEQUI~1FOX"), ("TextFile.Mine.txt", "TEXTFI~1TXT"),
    ("ver +1.2.text", "VER_12~1TEX"),
    (".bashrc.swp", "BASHRC~1SWP"), (".alpine-release", "ALPINE~1   "), ("a.tar.gz", "ATAR~1  GZ "),
    ("1+2+3 Hello World.exe", "1_2_3H~1EXE"), ("ünï.dat", "_N_~1   DAT"), ("日本語", "___~1      "),
    ("🏔.txt", "_~1     TXT"), (" .b", "~1      B  "), ("bcm2712-rpi-5-b.dtb", "BCM271~1DTB"),
  ])
  func `aliases are those of Windows`(name: String, alias: String) {
    var table = ShortNameTable(capacity: 1)
    #expect(table.alias(for: LongName(Array(name.utf8))).bytes == Array(alias.utf8))
  }

  @Test func `behind the fourth, a hash comes in`() {
    var table = ShortNameTable(capacity: 1)
    for number in 1...4 {
      let alias = table.alias(for: LongName(Array("SomeStuff\(number).aspx".utf8)))
      #expect(alias.bytes == Array("SOMEST~\(number)ASP".utf8))
    }
    // What Windows 7 makes of it.
    let name = LongName(Array("SomeStuff.aspx".utf8))
    #expect(table.alias(for: name).bytes == Array("SOBC84~1ASP".utf8))
    #expect(table.alias(for: name).bytes == Array("SOBC84~2ASP".utf8))
    for _ in 3...9 { _ = table.alias(for: name) }
    #expect(table.alias(for: name).bytes == Array("SOBC8~10ASP".utf8))
  }

  @Test func `names that are there are no aliases`() {
    var table = ShortNameTable(capacity: 1)
    table.reserve(ShortName(padding: Array("LONGNA~1TXT".utf8)))
    #expect(table.alias(for: LongName(Array("long name.txt".utf8))).bytes == Array("LONGNA~2TXT".utf8))
  }

  @Test func `32,000 aliases of one hash are told apart in time`() {
    var table = ShortNameTable(capacity: 1)
    let name = LongName(Array("the very same name".utf8))
    let start = ContinuousClock.now
    var aliases: Set<ShortName> = []
    for _ in 0..<32_000 { aliases.insert(table.alias(for: name)) }
    #expect(aliases.count == 32_000)
    #expect(ContinuousClock.now - start < .seconds(10))
  }
}
