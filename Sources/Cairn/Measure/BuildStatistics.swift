// SPDX-License-Identifier: Apache-2.0
internal import Archive
internal import CLinux

/// Where the time of a job went, and what else it took. Times are in seconds.
public struct BuildStatistics: Equatable, Sendable {
  /// What the thread that puts the card together did, one after the other.
  public struct Part: Equatable, Sendable {
    public let name: PartName
    public var seconds: Double
    /// Of it, how long it waited for what reads and decompresses ahead.
    public var sourceSeconds: Double
    /// Of it, how long the target had control: what it writes itself, or waits for.
    public var targetSeconds: Double
  }

  public enum PartName: String, Sendable {
    case preparing, firstLook = "first look"
    case boot = "boot partition"
    case data = "data partition"
    case image, probing, wiping, verifying = "reading back"
    /// With the partition table and the image's name; the file that had it goes.
    case ending = "flush, table, name"
  }

  public internal(set) var parts: [Part] = []
  /// Of all archives, in the threads that read ahead: read(2), and decompressing with parsing.
  public internal(set) var readSeconds = 0.0
  public internal(set) var decodeSeconds = 0.0
  /// Bytes of the archives as they lie in their files, and uncompressed.
  public internal(set) var readByteCount: UInt64 = 0
  public internal(set) var decodedByteCount: UInt64 = 0
  public internal(set) var process = ProcessUsage()

  /// All parts together.
  public var seconds: Double { parts.reduce(0) { $0 + $1.seconds } }
}

/// What a process has used so far.
public struct ProcessUsage: Equatable, Sendable {
  public internal(set) var userSeconds = 0.0
  public internal(set) var systemSeconds = 0.0
  /// Bytes of memory at its peak.
  public internal(set) var peakByteCount: UInt64 = 0
  /// Calls of read(2), write(2) and their like; nil where the system doesn't tell.
  public internal(set) var readCallCount: UInt64?
  public internal(set) var writeCallCount: UInt64?

  init() {}

  /// Of this process.
  static func current() -> ProcessUsage {
    var usage = ProcessUsage()
    var (user, system) = (0 as UInt64, 0 as UInt64)
    if unsafe linux_own_usage(&user, &system, &usage.peakByteCount) == 0 {
      usage.userSeconds = Double(user) / 1e6
      usage.systemSeconds = Double(system) / 1e6
    }
    let counts = Self.counts()
    usage.readCallCount = counts["syscr"]
    usage.writeCallCount = counts["syscw"]
    return usage
  }

  /// Lines of "syscr: 17". Source: proc(5), /proc/PID/io.
  private static func counts() -> [String: UInt64] {
    guard let file = unsafe fopen("/proc/self/io", "re") else { return [:] }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    var counts: [String: UInt64] = [:]
    for line in String(decoding: bytes.prefix(count), as: UTF8.self).split(separator: "\n") {
      let words = line.split(separator: ":")
      guard words.count == 2 else { continue }
      counts[String(words[0])] = UInt64(words[1].drop { $0 == " " })
    }
    return counts
  }
}

/// Adds up what a job's parts take, as one ends and the next begins.
struct PartClock {
  /// What has been counted so far, since some moment.
  struct Reading {
    var time: UInt64
    var sourceTime: UInt64
    var targetTime: UInt64
  }

  private(set) var parts: [BuildStatistics.Part] = []
  private var current: BuildStatistics.PartName?
  private var begin: Reading?

  mutating func enter(_ name: BuildStatistics.PartName?, at reading: Reading) {
    if let current, let begin { add(current, begin, reading) }
    current = name
    begin = reading
  }

  /// Makes one part of all that there are.
  mutating func collapse(into name: BuildStatistics.PartName, at reading: Reading) {
    enter(nil, at: reading)
    guard
      var sum = parts.first.map({ _ in
        BuildStatistics.Part(name: name, seconds: 0, sourceSeconds: 0, targetSeconds: 0)
      })
    else { return }
    for part in parts {
      sum.seconds += part.seconds
      sum.sourceSeconds += part.sourceSeconds
      sum.targetSeconds += part.targetSeconds
    }
    parts = [sum]
  }

  private mutating func add(_ name: BuildStatistics.PartName, _ begin: Reading, _ end: Reading) {
    let index =
      parts.firstIndex { $0.name == name }
      ?? {
        parts.append(BuildStatistics.Part(name: name, seconds: 0, sourceSeconds: 0, targetSeconds: 0))
        return parts.count - 1
      }()
    parts[index].seconds += Double(end.time - begin.time) / 1e9
    parts[index].sourceSeconds += Double(end.sourceTime - begin.sourceTime) / 1e9
    parts[index].targetSeconds += Double(end.targetTime - begin.targetTime) / 1e9
  }
}
