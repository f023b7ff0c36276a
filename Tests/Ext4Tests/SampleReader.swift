// SPDX-License-Identifier: Apache-2.0
import Blocks
import Entries
import Ext4
import Testing

/// Samples as a stream.
struct SampleReader: EntryReader {
  typealias Failure = Never
  private var samples: ArraySlice<Sample>
  private var bytes: [UInt8] = []
  private var rest: [UInt8] = []

  init(_ samples: [Sample]) { self.samples = samples[...] }

  mutating func next() -> Entry? {
    guard let sample = samples.popFirst() else { return nil }
    rest = sample.bytes
    return sample.entry
  }

  @_lifetime(&self)
  mutating func nextBytes() -> RawSpan {
    bytes = rest
    rest = []
    return bytes.span.bytes
  }
}

extension VolumeReader {
  /// What differs between a source and the volume.
  mutating func differences<Source: EntryReader & ~Copyable>(
    from source: inout Source, _ options: Comparison.Options = .init()
  ) throws -> [String] {
    var comparison = Comparison(options)
    try comparison.add(contentsOf: &source, on: &self)
    try comparison.finish(on: &self)
    return comparison.differences.map(\.description)
  }

  mutating func differences(from samples: [Sample]) throws -> [String] {
    var source = SampleReader(samples)
    return try differences(from: &source)
  }

  /// Everything, as a stream has it.
  mutating func samples() throws(Ext4Error) -> [Sample] {
    var samples: [Sample] = []
    while let entry = try next() { samples.append(Sample(entry: entry, bytes: try rest())) }
    return samples
  }

  /// The bytes of the current file.
  mutating func rest() throws(Ext4Error) -> [UInt8] {
    var all: [UInt8] = []
    while true {
      let bytes = try nextBytes()
      if bytes.isEmpty { return all }
      all += bytes.withUnsafeBytes(Array.init)
    }
  }
}
