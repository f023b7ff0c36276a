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
    .target(
      name: "Generated", dependencies: [.product(name: "Cairn", package: "cairn")],
      path: "Benchmarks/Generated"),
    benchmark("Card"),
    benchmark("Volumes", "Generated"),
    benchmark("Scaling", "Generated"),
  ]
)

/// A program of benchmarks.
func benchmark(_ name: String, _ ownDependencies: Target.Dependency...) -> Target {
  .executableTarget(
    name: name,
    dependencies: ownDependencies + [
      .product(name: "Cairn", package: "cairn"),
      .product(name: "Benchmark", package: "benchmark"),
    ],
    path: "Benchmarks/\(name)",
    plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")])
}
