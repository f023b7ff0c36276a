// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Recipes
import Testing

@Suite struct PersistenceRequestTests {
  @Test(
    arguments: [
      ("/var/lib/docker", "var/lib/docker", Persistence.Strategy.bind, nil),
      ("/var/log", "var/log", .overlay, nil), ("//srv/./x/", "srv/x", .overlay, nil),
      ("/var/log:bind", "var/log", .bind, nil), ("/srv:file", "srv", .file, nil),
      ("/srv:file,size=1.5GiB", "srv", .file, 1_610_612_736),
      ("/srv:partition,size=100MB", "srv", .partition, 100_000_000), ("/a:b:bind", "a:b", .bind, nil),
    ] as [(String, String, Persistence.Strategy, UInt64?)])
  func `a path may have a strategy, and that a size`(
    text: String, path: String, strategy: Persistence.Strategy, size: UInt64?
  ) throws {
    let request = try PersistenceRequest(text)
    #expect("\(request.directory.path)" == path)
    #expect(request.directory.strategy == strategy)
    #expect(request.size?.byteCount == size)
  }

  @Test(arguments: [
    ("", PersistenceRequestError.notAbsolute("")), ("var/log", .notAbsolute("var/log")),
    ("/a/../b", .path("/a/../b", .leavesRoot)), ("/a\0b", .path("/a\0b", .containsNUL)),
    ("/", .directory(.persistence(path: "/", .holdsSystem))),
    ("/etc:bind", .directory(.persistence(path: "/etc", .keptByLBU))),
    ("/srv:", .unknownStrategy("")), ("/srv:Bind", .unknownStrategy("Bind")),
    ("/srv:size=1GiB", .unknownStrategy("size=1GiB")), ("/srv:file,1GiB", .unknownOption("1GiB")),
    ("/srv:file,size=1GiB,size=2GiB", .unknownOption("size=2GiB")), ("/srv:file,", .unknownOption("")),
    ("/srv:file,size=much", .size("much")), ("/srv:bind,size=1GiB", .sizeWithoutVolume(.bind)),
    ("/srv:overlay,size=1GiB", .sizeWithoutVolume(.overlay)),
  ])
  func `what asks for no persistent directory is refused with the reason`(
    text: String, error: PersistenceRequestError
  ) {
    #expect(throws: error) { try PersistenceRequest(text) }
    #expect(!"\(error)".isEmpty)
  }

  @Test func `the canonical text has the strategy that was not named, and the size in bytes`() throws {
    let recipe = Recipe(persistence: [
      try PersistenceRequest("/var/log"), try PersistenceRequest("/srv:file,size=1GiB"),
    ])
    #expect(recipe.canonicalText.contains("persistence 1: /var/log:overlay\n"))
    #expect(recipe.canonicalText.contains("persistence 2: /srv:file,size=1073741824\n"))
    #expect(Recipe(persistence: []).canonicalText.contains("persistence: none\n"))
    let named = Recipe(persistence: [try PersistenceRequest("/var/lib/docker:bind")])
    #expect(named.canonicalText == Recipe().canonicalText)
  }
}
