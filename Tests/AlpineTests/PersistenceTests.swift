// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Testing

@Suite struct PersistenceTests {
  @Test(arguments: [
    ("", PersistenceProblem.holdsSystem), ("usr", .holdsSystem), ("usr/lib", .holdsSystem),
    ("var", .holdsSystem),
    ("var/lib", .holdsSystem), ("lib/apk", .holdsSystem), ("boot", .holdsSystem), ("etc", .keptByLBU),
    ("etc/ssh", .keptByLBU), ("media/mmcblk0p2", .mountedOtherwise), ("tmp", .mountedOtherwise),
    ("run/docker", .mountedOtherwise), ("var/run/docker", .mountedOtherwise),
  ])
  func `directories of the system are refused`(path: String, problem: PersistenceProblem) throws {
    let directory = try EntryPath(Array(path.utf8))
    #expect(throws: AlpineError.persistence(path: "/\(path)", problem)) { try Persistence(directory) }
  }

  @Test(arguments: [
    "var/lib/docker", "var/log", "var/lib/postgresql/data", "home", "srv", "root", "usr/local/share",
  ])
  func `others are taken`(path: String) throws {
    #expect(try Persistence(EntryPath(Array(path.utf8))).path.bytes == Array(path.utf8))
  }

  @Test func `Docker's directory is bound`() throws {
    #expect(Persistence.docker == (try Persistence(EntryPath("var/lib/docker"), strategy: .bind)))
  }
}
