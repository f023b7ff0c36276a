// SPDX-License-Identifier: Apache-2.0
import Alpine
import Testing

extension BootTests {
  @Test(arguments: Persistence.Strategy.allCases)
  func `a directory is kept over two reboots and a power cut`(strategy: Persistence.Strategy) throws {
    let card = try BootCard(recipe(strategy), in: scratch)
    try card.checkReproducibility()
    try card.check()
    let pi = try VirtualPi(card: card.image, in: scratch)
    try pi.boot()
    try expectHealth(of: pi)
    let sample = try writeSample(on: pi)
    let identity = try pi.hostKeys()

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)

    try pi.reboot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)
    try pi.succeed("echo 'before the cut' >/var/lib/docker/last && sync")
    pi.cutPower()

    try pi.boot()
    try expectHealth(of: pi)
    #expect(try fingerprint(on: pi) == sample)
    #expect(try pi.succeed("cat /var/lib/docker/last").lines == ["before the cut"])
    #expect(try pi.hostKeys() == identity)
    #expect(try pi.succeed("lbu status").lines == [])
    try pi.shutDown()
    try card.check()
  }

  private func recipe(_ strategy: Persistence.Strategy) -> String {
    let size =
      switch strategy {
      case .bind, .overlay: ""
      case .file, .partition: ", size: 128MiB"
      }
    return "hostname: pi\npersist: {path: /var/lib/docker, by: \(strategy.rawValue)\(size)}"
  }

  private func expectHealth(of pi: VirtualPi) throws {
    try pi.expectHealth(hostname: "pi", persistentPaths: ["/var/lib/docker"])
  }
}

// What is kept.
extension BootTests {
  private static let sample = "/var/lib/docker/sample"

  /// 10 MB with an owner and a mode of their own.
  private func writeSample(on pi: VirtualPi) throws -> [String] {
    let file = Self.sample
    try pi.succeed(
      "head -c 10000000 /dev/urandom >\(file) && chown 1234:5678 \(file) && chmod 2640 \(file)")
    let sample = try fingerprint(on: pi)
    #expect(sample.first == "10000000 1234:5678 2640")
    return sample
  }

  private func fingerprint(on pi: VirtualPi) throws -> [String] {
    try pi.succeed("stat -c '%s %u:%g %a' \(Self.sample) && sha256sum \(Self.sample)").lines
  }
}
