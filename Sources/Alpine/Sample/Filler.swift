// SPDX-License-Identifier: Apache-2.0
import Entries

/// Bytes in the place of a kernel, a library, a picture: as many as wanted, made in pieces, and as hard to deflate
/// as wanted.
struct Filler {
  let byteCount: Int
  /// Of every four pages so many are noise, the rest zeros: 4 deflates to nothing less, 1 to a quarter.
  let noisePagesOfFour: Int
  private var random: SplitMix64

  private static let wordsPerPage = 4096 / 8
  private static let pagesPerPiece = 64

  /// - Parameter seed: what the noise depends on, and nothing else.
  init(byteCount: Int, noisePagesOfFour: Int = 4, seed: String) {
    self.byteCount = byteCount
    self.noisePagesOfFour = noisePagesOfFour
    random = SplitMix64(seed: seed)
  }

  /// Appends all of it to the entry that `writer` has begun.
  func append<Writer: EntryWriter & ~Copyable>(to writer: inout Writer) throws(Writer.Failure) {
    var rest = self
    var left = byteCount
    while left > 0 {
      let words = rest.nextPiece()
      let count = min(left, words.count * 8)
      try writer.append(words.rawBytes.extracting(first: count))
      left -= count
    }
  }

  private mutating func nextPiece() -> [UInt64] {
    var words = [UInt64](repeating: 0, count: Self.pagesPerPiece * Self.wordsPerPage)
    for page in 0..<Self.pagesPerPiece where page % 4 < noisePagesOfFour {
      for index in page * Self.wordsPerPage..<(page + 1) * Self.wordsPerPage {
        words[index] = random.next().littleEndian
      }
    }
    return words
  }
}
