// SPDX-License-Identifier: Apache-2.0

/// A key of a recipe file, for people.
public struct RecipeKey: Equatable, Sendable {
  public let name: String
  /// What stands behind it: "a size such as 4GB".
  public let value: String
  /// What it is for, and its default.
  public let help: String
  /// Those of the mapping behind it.
  public let keys: [RecipeKey]
}

/// A key that something of `Target` is read from.
struct Key<Target> {
  let name: String
  /// What stands behind it, as a complaint asks for it.
  let form: String
  let help: String
  var keys: [RecipeKey] = []
  let read: (RecipeValue, inout Target, inout RecipeReader) -> Void

  var description: RecipeKey { RecipeKey(name: name, value: form, help: help, keys: keys) }
}

// A scalar behind a key.
extension Key {
  static func scalar<Value>(
    _ name: String, _ property: WritableKeyPath<Target, Value>, _ form: String, _ help: String,
    _ parse: @escaping (String) throws -> Value
  ) -> Key {
    Key(name: name, form: form, help: help) { value, target, reader in
      guard let parsed = reader.scalar(value, expecting: form, parse) else { return }
      target[keyPath: property] = parsed
    }
  }

  /// One of a few words.
  static func word<Value: RawRepresentable<String> & CaseIterable>(
    _ name: String, _ property: WritableKeyPath<Target, Value>, _ help: String
  ) -> Key {
    .scalar(name, property, Scalars.choice(of: Value.self), help) { try Scalars.word($0) }
  }

  static func flag(_ name: String, _ property: WritableKeyPath<Target, Bool>, _ help: String) -> Key {
    .scalar(name, property, "true or false", help, Scalars.flag)
  }

  static func path(
    _ name: String, _ property: WritableKeyPath<Target, String?>, _ form: String, _ help: String
  )
    -> Key
  {
    .scalar(name, property, form, help, Scalars.text)
  }
}

// A list behind a key.
extension Key {
  static func list<Value>(
    _ name: String, _ property: WritableKeyPath<Target, [Value]>, _ form: String, _ help: String,
    _ parse: @escaping (String) throws -> Value
  ) -> Key {
    Key(name: name, form: form, help: help) { value, target, reader in
      target[keyPath: property] = reader.items(of: value).compactMap { item in
        reader.scalar(item, expecting: form, parse)
      }
    }
  }

  static func texts(
    _ name: String, _ property: WritableKeyPath<Target, [String]>, _ form: String, _ help: String
  )
    -> Key
  {
    .list(name, property, form, help, Scalars.text)
  }

  /// A list of mappings, which a word may stand for.
  static func items<Item>(
    _ name: String, _ property: WritableKeyPath<Target, [Item]>, _ form: String, _ help: String, new: Item,
    _ keys: [Key<Item>], word: @escaping (String) throws -> Item
  ) -> Key {
    Key(name: name, form: form, help: help, keys: keys.map(\.description)) { value, target, reader in
      target[keyPath: property] = reader.items(of: value).compactMap { item in
        reader.item(item, form, new: new, keys, word: word)
      }
    }
  }
}

// A mapping behind a key.
extension Key {
  static func mapping<Part>(
    _ name: String, _ property: WritableKeyPath<Target, Part>, _ help: String, _ keys: [Key<Part>]
  ) -> Key {
    Key(name: name, form: "a mapping", help: help, keys: keys.map(\.description)) { value, target, reader in
      reader.read(value, keys: keys, into: &target[keyPath: property], expecting: "a mapping")
    }
  }

  /// A mapping that a word may stand for.
  static func mapping(
    _ name: String, or form: String, _ help: String, _ keys: [Key<Target>],
    word: @escaping (String, inout Target) throws -> Void
  ) -> Key {
    let form = "\(form) or a mapping"
    return Key(name: name, form: form, help: help, keys: keys.map(\.description)) { value, target, reader in
      guard case .scalar = value.node else {
        return reader.read(value, keys: keys, into: &target, expecting: form)
      }
      var changed = target
      if reader.scalar(value, expecting: form, { try word($0, &changed) }) != nil { target = changed }
    }
  }
}

extension RecipeReader {
  /// One item of a list of mappings.
  mutating func item<Item>(
    _ value: RecipeValue, _ form: String, new: Item, _ keys: [Key<Item>], word: (String) throws -> Item
  ) -> Item? {
    guard case .mapping = value.node else { return scalar(value, expecting: form, word) }
    var item = new
    read(value, keys: keys, into: &item, expecting: form)
    return item
  }
}
