// SPDX-License-Identifier: Apache-2.0

extension String {
  /// The one of `names` that a person most likely meant; nil where none is near. The first of equals.
  package func nearest(of names: [String]) -> String? {
    let limit = Swift.max(1, count / 3)
    // Where lengths differ by more, so do the names; a long text is not measured at all.
    let distances = names.filter { abs($0.count - count) <= limit }.map { ($0, editDistance(to: $0)) }
    guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= limit else { return nil }
    return best.0
  }

  /// Letters to insert, drop, replace or swap with their neighbour, whatever their case.
  ///
  /// Source: Damerau, "A Technique for Computer Detection and Correction of Spelling Errors"; Levenshtein's table.
  private func editDistance(to other: String) -> Int {
    let (source, target) = (Array(lowercased()), Array(other.lowercased()))
    var (older, last) = ([Int](), Array(0...target.count))
    for row in source.indices {
      var current = [row + 1]
      for column in target.indices {
        let replaced = last[column] + (source[row] == target[column] ? 0 : 1)
        var cost = Swift.min(replaced, last[column + 1] + 1, current[column] + 1)
        if row > 0, column > 0, source[row] == target[column - 1], source[row - 1] == target[column] {
          cost = Swift.min(cost, older[column - 1] + 1)
        }
        current.append(cost)
      }
      (older, last) = (last, current)
    }
    return last[target.count]
  }
}
