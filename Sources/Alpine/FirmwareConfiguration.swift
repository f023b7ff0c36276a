// SPDX-License-Identifier: Apache-2.0

/// What the Pi's firmware is told to load.
///
/// Source: Raspberry Pi documentation, config.txt, "kernel", "initramfs" and "include".
struct FirmwareConfiguration {
  private(set) var kernels: [String] = []
  private(set) var initramfses: [String] = []
  /// Files that are read as if they stood there.
  private(set) var includes: [String] = []

  init(_ text: [UInt8]) {
    for line in String(decoding: text, as: UTF8.self).split(whereSeparator: \.isNewline) {
      take(line.drop { $0.isWhitespace })
    }
  }

  /// "kernel=FILE", "initramfs FILE [followkernel]", "include FILE"; each file once.
  private mutating func take(_ line: Substring) {
    let words = line.split { $0 == "=" || $0.isWhitespace }
    guard words.count >= 2 else { return }
    let file = String(words[1])
    if words[0] == "kernel", !kernels.contains(file) { kernels.append(file) }
    if words[0] == "initramfs", !initramfses.contains(file) { initramfses.append(file) }
    if words[0] == "include", !includes.contains(file) { includes.append(file) }
  }
}
