// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What `--network` takes: "NAME=dhcp", "NAME=auto", "NAME=ADDRESS/LENGTH[,gateway=ADDRESS]".
struct NetworkArgument {
  private let name: String
  private let address: RecipeOption.Value

  init(_ text: String) throws {
    let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else {
      throw ValidationError("give an interface and its address, such as eth0=dhcp")
    }
    name = parts[0]
    let words = parts[1].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard words.count > 1 else {
      address = .text(words[0])
      return
    }
    let option = "gateway="
    guard words.count == 2, words[1].hasPrefix(option) else {
      throw ValidationError("behind the address there may be one \(option)ADDRESS")
    }
    address = .mapping([
      ("address", .text(words[0])), ("gateway", .text(String(words[1].dropFirst(option.count)))),
    ])
  }

  /// Interfaces in the order in which they came, each with all its addresses.
  static func value(of arguments: [NetworkArgument]) -> RecipeOption.Value {
    var interfaces: [(key: String, value: [RecipeOption.Value])] = []
    for argument in arguments {
      if let index = interfaces.firstIndex(where: { $0.key == argument.name }) {
        interfaces[index].value.append(argument.address)
      } else {
        interfaces.append((argument.name, [argument.address]))
      }
    }
    return .mapping(interfaces.map { ($0.key, .list($0.value)) })
  }
}
