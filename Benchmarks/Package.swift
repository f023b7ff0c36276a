// swift-tools-version: 6.1
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let package = Package(
  name: "benchmarks",
  platforms: [.macOS(.v13)],
  dependencies: [
    .package(name: "cairn", path: ".."),
    .package(url: "https://github.com/ordo-one/benchmark", from: "1.38.0", traits: []),
  ],
  targets: [
    .executableTarget(
      name: "Card",
      dependencies: [
        .product(name: "Cairn", package: "cairn"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      path: "Benchmarks/Card",
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
  ]
)
