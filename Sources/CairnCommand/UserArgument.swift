// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What `--user` takes: "NAME[,admin][,key=FILE][,group=NAME][,id=NUMBER][,password=HASH][,shell=PATH]", keys and groups
/// many times.
struct UserArgument {
  /// As a recipe would have it.
  let value: RecipeOption.Value

  init(_ text: String) throws {
    let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    var pairs: [(key: String, value: RecipeOption.Value)] = [("name", .text(words[0]))]
    var lists: [String: [RecipeOption.Value]] = [:]
    for word in words.dropFirst() {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      switch (parts[0], parts.count) {
      case ("admin", 1): pairs.append(("admin", .text("true")))
      case ("key", 2): lists[parts[1].isKeyLine ? "keys" : "key-files", default: []].append(.text(parts[1]))
      case ("group", 2): lists["groups", default: []].append(.text(parts[1]))
      case ("id", 2), ("password", 2), ("shell", 2): pairs.append((parts[0], .text(parts[1])))
      default:
        // It may be a password.
        throw ValidationError(
          "behind the name there may be admin, key=FILE, group=NAME, id=NUMBER, password=HASH and shell=PATH, with "
            + "commas between")
      }
    }
    guard Set(pairs.map(\.key)).count == pairs.count else {
      throw ValidationError("only key and group can come twice")
    }
    value = .mapping(
      pairs + lists.sorted { $0.key < $1.key }.map { ($0.key, RecipeOption.Value.list($0.value)) })
  }
}
