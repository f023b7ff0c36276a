// SPDX-License-Identifier: Apache-2.0
import Alpine
import Ext4
import Recipes
import Testing

@Suite struct RecipeTests {
  @Test func `the canonical text has a line a key, sorted, sizes in bytes`() throws {
    let recipe = Recipe(
      size: ByteSize(byteCount: 4_000_000_000), hostname: try Hostname("pi"), epoch: 1_700_000_000)
    #expect(
      recipe.canonicalText == """
        bootSize: 268435456
        epoch: 1700000000
        hostname: pi
        size: 4000000000

        """)
  }

  @Test func `an epoch that is not given is not in the text`() throws {
    #expect(Recipe(hostname: try Hostname("pi")).canonicalText.contains("epoch") == false)
  }

  @Test func `what is as it is by default is not in the text, and what isn't is`() throws {
    let standard = Recipe(size: ByteSize(byteCount: 2 << 30))
    #expect(Recipe().canonicalText == standard.canonicalText)
    #expect(standard.canonicalText.split(separator: "\n").count == 3)
    let changed: [Recipe] = [
      Recipe(hasBootPartition: false), Recipe(hasDataPartition: false),
      Recipe(dataSize: .fixed(ByteSize(byteCount: 1 << 30))),
      Recipe(dataSize: .smallest(slack: ByteSize(byteCount: 5))),
      Recipe(dataFormat: DataFormat(label: try VolumeLabel("X"))),
      Recipe(dataFormat: DataFormat(uuid: try Identifier("01234567-89ab-cdef-0123-456789abcdef"))),
      Recipe(dataFormat: DataFormat(journal: .none)), Recipe(dataFormat: DataFormat(journal: .blocks(2048))),
      Recipe(dataFormat: DataFormat(reservedBlockPercentage: 1)),
      Recipe(dataFormat: DataFormat(inodeRatio: 8192)), Recipe(dataFormat: DataFormat(inodeCount: 100)),
      Recipe(dataFormat: DataFormat(features: .oldKernels)),
      Recipe(dataFormat: DataFormat(mountOptions: MountOptions())),
      Recipe(dataFormat: DataFormat(errorBehavior: .panic)), Recipe(persistence: []),
      Recipe(persistence: [try PersistenceRequest("/a"), try PersistenceRequest("/b")]),
      Recipe(persistence: [try PersistenceRequest("/b"), try PersistenceRequest("/a")]),
      Recipe(persistence: [try PersistenceRequest("/a:file")]),
      Recipe(persistence: [try PersistenceRequest("/a:file,size=1GiB")]),
    ]
    #expect(Set((changed + [standard]).map(\.canonicalText)).count == changed.count + 1)
  }
}
