// SPDX-License-Identifier: Apache-2.0
import Alpine
import Recipes
import Testing

@Suite struct RecipeOptionTests {
  private func file(_ text: String = "", _ options: RecipeOption...) throws -> RecipeFile {
    var file = try RecipeFile(Array(text.utf8))
    try file.apply(options)
    return file
  }

  private func problems(_ text: String = "", _ options: RecipeOption...) throws -> [String] {
    var file = try RecipeFile(Array(text.utf8))
    do {
      try file.apply(options)
      return []
    } catch { return error.problems }
  }

  private func list(_ name: String, _ path: [String], _ texts: String...) -> RecipeOption {
    RecipeOption(name, path, .list(texts.map { .text($0) }))
  }

  @Test func `an option says what its key says`() throws {
    #expect(
      try file("", RecipeOption("--timezone", ["timezone"], .text("Europe/Vienna")))
        == file("timezone: Europe/Vienna"))
    #expect(
      try file("", list("--config", ["boot", "config"], "a=b", "[pi4]")).recipe.system.boot.configuration == [
        "a=b", "[pi4]",
      ])
  }

  @Test func `an option wins over its key and leaves the keys beside it`() throws {
    let file = try file(
      "lbu: {backups: 3, include: opt}\npackages: [a, b]",
      RecipeOption("--backups", ["lbu", "backups"], .text("5")), list("--package", ["packages"], "c"))
    #expect(file.recipe.system.lbu.backupLimit == 5)
    #expect(file.recipe.system.lbu.includes.count == 1)
    #expect(file.recipe.system.packages == ["c"])
  }

  @Test func `services that are named are all that are added, and those that are removed stay so`() throws {
    let services = RecipeOption(
      "--service", ["services"], .mapping([("default", .list([.text("c")])), ("boot", .text("d"))]))
    let system = try file("services: {default: [a, b], remove: crond}", services).recipe.system
    #expect(
      system.addedServices == [try Service(name: "c", in: .default), try Service(name: "d", in: .boot)])
    #expect(system.removedServices == ["crond"])
  }

  @Test func `a server that is described is wanted`() throws {
    #expect(
      try file("ssh: none", RecipeOption("--ssh-port", ["ssh", "port"], .text("23"))).recipe.system.sshServer?
        .port == 23)
    #expect(
      try file("ssh: {port: 23}", RecipeOption("--no-ssh", ["ssh"], .text("none"))).recipe.system.sshServer
        == nil)
  }

  @Test func `what is wrong is said by the option's name in the key's words`() throws {
    #expect(
      try problems(
        "", RecipeOption("--ntp", ["ntp"], .text("crony")),
        RecipeOption("--backups", ["lbu", "backups"], .text("x")))
        == [
          #"--ntp: "crony" can't stand here; did you mean chrony?"#,
          #"--backups: "x" is no whole number from 0 to 1000"#,
        ])
    #expect(
      try problems("", list("--package", ["packages"], "")) == [
        "--package: is empty; leave the key out, or say something"
      ])
    #expect(
      try problems(
        "",
        RecipeOption("--user", ["users"], .list([.mapping([("name", .text("ann")), ("id", .text("5"))])])))
        == ["--user id: 5 is not for people; take one from 1000 to 59999"])
  }

  @Test func `what is wrong only beside the recipe is said, too`() throws {
    #expect(
      try problems(
        "services: {remove: crond}",
        RecipeOption("--service", ["services"], .mapping([("default", .text("crond"))])))
        == [#"--service remove: "crond" is to be added, too; leave one out"#])
    #expect(
      try problems(
        "users: {name: a, shell: /bin/bash}\npackages: bash", list("--package", ["packages"], "git"))
        == ["users.0.shell: /bin/bash comes with the package bash, which is not among the packages; add it"])
  }

  @Test func `an address is told of by its interface`() throws {
    let address = RecipeOption.Value.mapping([
      ("address", .text("10.0.0.2/24")), ("gateway", .text("10.0.1.1")),
    ])
    #expect(
      try problems(
        "",
        RecipeOption(
          "--network", ["network", "interfaces"], .mapping([("eth0", .text("dhcp")), ("eth1", address)])))
        == [
          #"--network eth1.gateway: "10.0.1.1" lies outside the address's network; give a router that is in it"#
        ])
  }

  @Test func `a partition that the recipe leaves out takes no options`() throws {
    let zone = RecipeOption("--timezone", ["timezone"], .text("Europe/Vienna"))
    let console = RecipeOption("--serial-console", ["boot", "serial-console"], .text("true"))
    #expect(
      try problems("data: none", zone, console)
        == ["--timezone: the recipe has no partition for it; leave one of them out"])
    #expect(
      try problems("boot: none", zone, console)
        == ["--serial-console: the recipe has no partition for it; leave one of them out"])
  }
}
