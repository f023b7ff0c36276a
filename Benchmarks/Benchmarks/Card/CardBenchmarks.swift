// SPDX-License-Identifier: Apache-2.0
import Benchmark
import Cairn
import Foundation

/// The tarball that cards are made from: `CAIRN_BENCHMARK_RELEASE`, or a sample release of real size that is made once
/// and kept in the user's cache.
func releasePath() throws -> String {
  if let path = ProcessInfo.processInfo.environment["CAIRN_BENCHMARK_RELEASE"] { return path }
  let caches = try FileManager.default.url(
    for: .cachesDirectory, in: .userDomainMask, appropriateFor: nil, create: true)
  let directory = caches.appendingPathComponent("cairn-benchmarks")
  try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  let path = directory.appendingPathComponent("sample.tar.gz").path
  if !FileManager.default.fileExists(atPath: path) {
    try SampleReleaseFile.write(SampleRelease(scale: .full), to: path)
  }
  return path
}

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident, .writeSyscalls, .writeBytesLogical],
    maxDuration: .seconds(10), maxIterations: 30)

  Benchmark("whole card into an image file, not flushed") { benchmark, release in
    let output = FileManager.default.temporaryDirectory.appendingPathComponent("cairn-benchmark.img").path
    defer { try? FileManager.default.removeItem(atPath: output) }
    for _ in benchmark.scaledIterations {
      blackHole(
        try CardImage(recipe: Recipe(), content: CardContent(release: release)).build(
          to: output, isDurable: false))
    }
  } setup: {
    try releasePath()
  }

  Benchmark("whole card with storage taken away") { benchmark, release in
    for _ in benchmark.scaledIterations {
      blackHole(try CardImage(recipe: Recipe(), content: CardContent(release: release)).rehearse())
    }
  } setup: {
    try releasePath()
  }

  Benchmark("reading and inflating the release alone") { benchmark, release in
    for _ in benchmark.scaledIterations {
      var archive = try ArchiveReader(path: release)
      while let entry = try archive.next() { blackHole(entry) }
    }
  } setup: {
    try releasePath()
  }
}
