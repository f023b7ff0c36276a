// SPDX-License-Identifier: Apache-2.0
import Benchmark
import Cairn
import Generated

let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident], maxDuration: .seconds(10), maxIterations: 30)

  Benchmark("FAT32: a release, 320 files, 200 MB") { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = try GeneratedVolume.fat32(of: 256 << 20)
      try GeneratedTree.release.write(to: &writer)
    }
  }

  Benchmark("FAT32: 100,000 files of 0 to 8 KiB") { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = try GeneratedVolume.fat32(of: 1 << 30)
      try GeneratedTree.small(100_000).write(to: &writer)
    }
  }

  Benchmark("ext4: 61,000 files, 750 MB") { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = try GeneratedVolume.ext4(of: 2 << 30)
      try GeneratedTree.system.write(to: &writer)
    }
  }

  Benchmark("ext4: 100,000 files of 0 to 8 KiB") { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = try GeneratedVolume.ext4(of: 2 << 30)
      try GeneratedTree.small(100_000).write(to: &writer)
    }
  }

  Benchmark("ext4: one file of 4 GiB") { benchmark in
    for _ in benchmark.scaledIterations {
      var writer = try GeneratedVolume.ext4(of: 6 << 30)
      try GeneratedTree(fileCount: 1, filesPerDirectory: 1) { _ in 4 << 30 }.write(to: &writer)
    }
  }

  Benchmark("an apkovl") { benchmark in
    let overlay = Overlay(
      hostname: try Hostname("pi"), dataPartitionUUID: "5f0c2a1e-3b7d-4c58-9a46-d1e2f3a4b5c6",
      release: Release(version: "3.22.0", architecture: .aarch64, models: [.four], packageCount: 68),
      time: Overlay.earliestTime)
    for _ in benchmark.scaledIterations { blackHole(try overlay.archive()) }
  }

  Benchmark("256 MiB written with checksums, in memory") { benchmark in
    let memory = MemoryTarget(byteCount: 256 << 20)
    for _ in benchmark.scaledIterations { blackHole(try ledger(on: memory)) }
  }

  Benchmark("256 MiB read back and compared, in memory") { benchmark in
    let memory = MemoryTarget(byteCount: 256 << 20)
    let ledger = try ledger(on: memory)
    benchmark.startMeasurement()
    for _ in benchmark.scaledIterations { blackHole(try Verification(of: memory, against: ledger).isClean) }
  }
}

/// What filled all of the target.
private func ledger(on memory: MemoryTarget) throws -> Ledger {
  let ledger = Ledger(memory, keepsChecksums: true)
  let piece = [UInt8](repeating: 0xA5, count: 256 << 10)
  for offset in stride(from: 0, to: memory.size, by: piece.count) {
    try ledger.write(piece.span.bytes, at: offset)
  }
  return ledger
}
