// SPDX-License-Identifier: Apache-2.0
import Benchmark
import Cairn
import Generated

/// Whether time grows as the count of files does, and memory not at all with their size.
let benchmarks: @Sendable () -> Void = {
  Benchmark.defaultConfiguration = .init(
    metrics: [.wallClock, .cpuTotal, .peakMemoryResident], maxDuration: .seconds(10), maxIterations: 5)

  for count in [1000, 10_000, 100_000, 1_000_000] {
    Benchmark("ext4: \(count) small files") { benchmark in
      for _ in benchmark.scaledIterations {
        var writer = try GeneratedVolume.ext4(of: (1 << 30) + (UInt64(count) << 13))
        try GeneratedTree.small(count).write(to: &writer)
      }
    }

    Benchmark("FAT32: \(count) small files") { benchmark in
      for _ in benchmark.scaledIterations {
        var writer = try GeneratedVolume.fat32(of: (1 << 28) + (UInt64(count) << 13))
        try GeneratedTree.small(count).write(to: &writer)
      }
    }
  }

  for shift in [20, 24, 28, 32, 36] {
    Benchmark("ext4: a sparse file of \(1 << (shift - 20)) MiB") { benchmark in
      for _ in benchmark.scaledIterations {
        var writer = try GeneratedVolume.ext4(of: 1 << 28)
        try GeneratedTree.writeSparseFile(of: 1 << UInt64(shift), to: &writer)
      }
    }
  }

  for shift in [20, 24, 28, 32] {
    Benchmark("ext4: a file of \(1 << (shift - 20)) MiB") { benchmark in
      for _ in benchmark.scaledIterations {
        var writer = try GeneratedVolume.ext4(of: (1 << 28) + (3 << UInt64(shift - 1)))
        try GeneratedTree(fileCount: 1, filesPerDirectory: 1) { _ in 1 << UInt64(shift) }.write(to: &writer)
      }
    }
  }
}
