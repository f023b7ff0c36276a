// SPDX-License-Identifier: Apache-2.0
import Alpine
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
}
