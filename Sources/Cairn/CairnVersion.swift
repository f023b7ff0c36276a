// SPDX-License-Identifier: Apache-2.0

/// Which Cairn this is.
public enum CairnVersion {
  /// As "cairn --version" and the note on a card have it.
  public static let current = "0.1.0"
}
