// SPDX-License-Identifier: Apache-2.0

/// What a path turned out to be.
public enum WriteTarget: Equatable, Sendable {
  case device(Device)
  case partition(path: String, of: Device)
  case file(CardFile)
}

/// A regular file that is written as if it were a card: it keeps its size.
public struct CardFile: Equatable, Sendable {
  public let path: String
  public let byteCount: UInt64
  public let identity: DeviceIdentity.FileIdentity
  /// Loop devices over it.
  public let holders: [DeviceUse.Holder]
  public let isSwap: Bool
}

extension WriteTarget {
  /// What to call it.
  public var path: String {
    switch self {
    case .device(let device): device.path
    case .partition(let path, _): path
    case .file(let file): file.path
    }
  }

  /// The same, by a node in a place of its own, as containers have them.
  func opened(at path: String?) -> WriteTarget {
    guard let path, case .device(var device) = self else { return self }
    device.path = path
    return .device(device)
  }

  /// Of the whole disk where it is a partition.
  public var identity: DeviceIdentity {
    switch self {
    case .device(let device), .partition(_, let device): device.identity
    case .file(let file):
      DeviceIdentity(byteCount: file.byteCount, file: file.identity)
    }
  }

  /// Whether its size is what hardware claims: a file has its own, and so has what the kernel makes of one.
  public var hasClaimedSize: Bool {
    switch self {
    case .device(let device), .partition(_, let device):
      ![.loop, .deviceMapper, .md, .virtual].contains(device.bus)
    case .file: false
    }
  }

  /// Why it isn't written to, the gravest first; empty where it may be.
  ///
  /// - Parameters:
  ///   - byteCount: what is needed, where that is known.
  ///   - allowances: what the user has said yes to.
  public func refusals(
    needing byteCount: UInt64? = nil, allowing allowances: Set<Allowance> = []
  ) -> [Refusal] {
    let refusals =
      switch self {
      case .device(let device): device.refusals(needing: byteCount)
      case .partition(let path, let device): [Refusal.partition(path: path, disk: device.path)]
      case .file(let file): file.refusals(needing: byteCount)
      }
    return refusals.filter { refusal in refusal.allowance.map { !allowances.contains($0) } ?? true }
  }
}

extension Device {
  /// Why it isn't written to, the gravest first, whatever the user might allow; empty where it may be.
  ///
  /// - Parameter needed: bytes, where that is known.
  public func refusals(needing needed: UInt64? = nil) -> [Refusal] {
    if kind != .disk { return [.notACard(path: path, kind: kind)] }
    guard byteCount > 0 else { return [.noMedium(path: path)] }
    var refusals: [Refusal] = []
    if !systemUses.isEmpty { refusals.append(.systemDisk(path: path, holding: systemUses)) }
    refusals += uses.refusals
    if isReadOnly { refusals.append(.readOnly(path: path)) }
    if let needed, needed > byteCount {
      refusals.append(.tooSmall(path: path, byteCount: byteCount, needed: needed))
    }
    if !isRemovableMedium { refusals.append(.notRemovable(path: path, bus: bus)) }
    if byteCount > Refusal.largestCardByteCount {
      refusals.append(.tooLarge(path: path, byteCount: byteCount))
    }
    return refusals
  }
}

extension CardFile {
  func refusals(needing needed: UInt64?) -> [Refusal] {
    var refusals = holders.map { Refusal.held(part: path, by: $0) }
    if isSwap { refusals.append(.swap(part: path)) }
    if byteCount < max(needed ?? 0, 1) {
      refusals.append(.tooSmall(path: path, byteCount: byteCount, needed: max(needed ?? 0, 1)))
    }
    return refusals
  }
}

extension [DeviceUse] {
  /// One for each part and kind of use, all mount points of a part together.
  var refusals: [Refusal] {
    var refusals: [Refusal] = []
    var places: [String: [String]] = [:]
    for case .mounted(let part, let place) in self { places[part, default: []].append(place) }
    for use in self {
      switch use {
      case .mounted(let part, _):
        if let all = places.removeValue(forKey: part) { refusals.append(.mounted(part: part, at: all)) }
      case .swap(let part): refusals.append(.swap(part: part))
      case .held(let part, let holder): refusals.append(.held(part: part, by: holder))
      }
    }
    return refusals
  }
}
