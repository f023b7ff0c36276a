// SPDX-License-Identifier: Apache-2.0

// Packages that come along.
extension RecipeFile {
  static var cacheKeys: [Key<RecipeFile>] {
    let form = "the path of a tar or a directory, a list of them, or a mapping"
    return [
      Key(
        name: "cache", form: form,
        help: "Packages for apk's cache, for what the release hasn't: .apk files, and APKINDEX.tar.gz.",
        keys: cachePartKeys.map(\.description)
      ) { value, file, reader in
        if case .mapping = value.node {
          return reader.read(value, keys: cachePartKeys, into: &file, expecting: form)
        }
        file.inputs.cache = reader.items(of: value).compactMap {
          reader.scalar($0, expecting: form, Scalars.text)
        }
      }
    ]
  }

  private static var cachePartKeys: [Key<RecipeFile>] {
    [
      .texts(
        "from", \.inputs.cache, "the path of a tar or a directory, or a list of them", "Where they are."),
      .flag(
        "online-first-boot", \.recipe.system.isOnlineAtFirstBoot,
        "Whether the first boot has a network, to install what is missing. (default: false)"),
    ]
  }
}
