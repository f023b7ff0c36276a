// SPDX-License-Identifier: Apache-2.0

/// Columns two spaces apart, as wide as their widest cell, the last one as it comes.
struct TextTable {
  let rows: [[String]]

  var lines: [String] {
    let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }
  }
}
