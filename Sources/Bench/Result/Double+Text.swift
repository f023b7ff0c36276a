// SPDX-License-Identifier: Apache-2.0

// Decimal fractions, the same in every locale.

extension Double {
  /// With so many decimals, at most 6: "12.50". "0" for what is no number or beyond what a counter holds.
  func text(_ digits: Int) -> String {
    let scale = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000][min(6, max(0, digits))]
    guard let scaled = Int(exactly: (self * Double(scale)).rounded()) else { return "0" }
    let magnitude = scaled.magnitude
    let fraction = String(magnitude % scale.magnitude + scale.magnitude).dropFirst()
    return (scaled < 0 ? "-" : "") + String(magnitude / scale.magnitude) + (digits > 0 ? ".\(fraction)" : "")
  }

  /// With three digits where it has a fraction: "1.25", "12.5", "125".
  public var rounded3: String {
    let magnitude = magnitude
    return text(magnitude < 9.995 ? 2 : magnitude < 99.95 ? 1 : 0)
  }

  /// Without zeros at the end: "0.001", "10".
  var plain: String {
    let text = text(6)
    let cut = text.reversed().drop { $0 == "0" }.drop { $0 == "." }
    return magnitude >= 1 ? self.text(0) : String(cut.reversed())
  }
}
