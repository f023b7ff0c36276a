// SPDX-License-Identifier: Apache-2.0
internal import Blocks

/// The parts of a long name, gathered until the short name comes that they belong to.
struct LongNameParts {
  private var parts: [LongName.Part] = []

  /// Takes the next entry of the directory. A part that no long name has undoes those before it.
  mutating func append(_ slot: RawSpan) {
    do throws(FAT32Error) {
      let part = try LongName.Part(decoding: slot)
      if part.isLast { parts.removeAll(keepingCapacity: true) }
      parts.append(part)
    } catch {
      removeAll()
    }
  }

  mutating func removeAll() { parts.removeAll(keepingCapacity: true) }

  /// The name in UTF-8, or nil where there is none, or one that is not whole or not the short name's.
  func name(of shortName: ShortName) -> [UInt8]? {
    guard !parts.isEmpty else { return nil }
    do throws(FAT32Error) {
      return try LongName(parts, checksum: shortName.checksum).bytes
    } catch {
      return nil
    }
  }
}
