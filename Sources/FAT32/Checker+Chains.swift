// SPDX-License-Identifier: Apache-2.0
internal import Blocks

extension Checker {
  /// What following a chain showed.
  struct Chain {
    let firstCluster: UInt32
    /// Clusters that nothing else had.
    var clusterCount: UInt32 = 0
    /// 0 where there is none.
    var lastCluster: UInt32 = 0
    /// False where it does not come to an end of its own.
    var isWhole = false
  }
}

// Source: Microsoft FAT32 File System Specification 1.03, "FAT Data Structure".
extension Checker.Run {
  /// Goes from cluster to cluster, takes each, and notes where that can't go on.
  ///
  /// - Parameters:
  ///   - first: any number but 0.
  ///   - offset: where that number stands; nil for a chain that nothing leads to.
  mutating func follow(_ first: UInt32, from offset: UInt64?) throws(FAT32Error) -> Checker.Chain {
    var chain = Checker.Chain(firstCluster: first)
    guard layout.contains(first) else {
      if let offset { noteHere(.firstClusterOutside, at: offset, found: UInt64(first)) }
      return chain
    }
    var cluster = first
    while true {
      let link = try link(cluster)
      switch link {
      case .free:
        noteFree(cluster, chain, from: offset)
        return chain
      case .bad:
        noteInChain(.chainIntoBad, cluster, chain, from: offset)
        return chain
      case .next, .endOfChain, .outside: break
      }
      guard claim(cluster) else {
        try noteTaken(cluster, chain, from: offset)
        return chain
      }
      chain.clusterCount += 1
      chain.lastCluster = cluster
      switch link {
      case .next(let next): cluster = next
      case .outside(let number):
        noteHere(
          .chainOutside, at: layout.offset(ofEntry: cluster), cluster: cluster, found: UInt64(number))
        return chain
      case .endOfChain, .free, .bad:
        chain.isWhole = true
        return chain
      }
    }
  }

  /// In the second walk, tells the crossings who was first.
  private mutating func claim(_ cluster: UInt32) -> Bool {
    guard claimed.insert(cluster) else { return false }
    if !isReporting, let findings = crossings.removeValue(forKey: cluster) {
      let owner = currentPath()
      for var finding in findings {
        finding.otherPath = owner
        pass(finding)
      }
    }
    return true
  }

  private mutating func noteFree(_ cluster: UInt32, _ chain: Checker.Chain, from offset: UInt64?) {
    let kind: Finding.Kind = chain.clusterCount == 0 ? .firstClusterFree : .chainIntoFree
    noteInChain(kind, cluster, chain, from: offset)
  }

  /// At the number that leads to `cluster`.
  private mutating func noteInChain(
    _ kind: Finding.Kind, _ cluster: UInt32, _ chain: Checker.Chain, from offset: UInt64?
  ) {
    let last = chain.lastCluster
    let position = last == 0 ? offset : layout.offset(ofEntry: last)
    guard let position else { return }
    noteHere(kind, at: position, cluster: last == 0 ? nil : last, found: UInt64(cluster))
  }

  /// A cluster that is taken is one of this chain's, or another's.
  private mutating func noteTaken(
    _ cluster: UInt32, _ chain: Checker.Chain, from offset: UInt64?
  ) throws(FAT32Error) {
    guard isReporting else { return }
    if try has(chain, cluster) {
      noteInChain(.chainLoops, cluster, chain, from: offset)
      return
    }
    let last = chain.lastCluster
    let finding = Finding(
      .chainsCross, offset: last == 0 ? offset : layout.offset(ofEntry: last),
      cluster: last == 0 ? nil : last, path: currentPath(), found: UInt64(cluster))
    guard crossingCount < Self.largestCrossingCount else {
      note(finding)
      return
    }
    crossingCount += 1
    summary.count(finding)
    crossings[cluster, default: []].append(finding)
  }

  private mutating func has(_ chain: Checker.Chain, _ cluster: UInt32) throws(FAT32Error) -> Bool {
    var current = chain.firstCluster
    for _ in 0..<chain.clusterCount {
      if current == cluster { return true }
      guard case .next(let next) = try link(current) else { return false }
      current = next
    }
    return false
  }

  mutating func link(_ cluster: UInt32) throws(FAT32Error) -> Checker.Link {
    Checker.Link(try table.entry(cluster), lastCluster: layout.lastCluster)
  }
}

// What no file has.
extension Checker.Run {
  /// Each chain is told once, by its first cluster; a ring by its lowest.
  mutating func checkLostChains() throws(FAT32Error) {
    guard claimed.count < allocated.count else { return }
    entry = nil
    path = []
    // Those that another lost one leads to.
    var continued = ClusterSet(lastCluster: layout.lastCluster)
    var start: UInt32 = 2
    while let cluster = allocated.first(from: start, notIn: claimed) {
      if case .next(let next) = try link(cluster) { _ = continued.insert(next) }
      start = cluster + 1
    }
    start = 2
    while let cluster = allocated.first(from: start, notIn: claimed) {
      if !continued.contains(cluster) { try followLost(cluster) }
      start = cluster + 1
    }
    start = 2
    while let cluster = allocated.first(from: start, notIn: claimed) {
      try followLost(cluster)
      start = cluster + 1
    }
  }

  private mutating func followLost(_ cluster: UInt32) throws(FAT32Error) {
    isLost = true
    defer { isLost = false }
    let chain = try follow(cluster, from: nil)
    note(
      Finding(
        .lostChain, offset: layout.offset(ofEntry: cluster), cluster: cluster,
        found: UInt64(chain.clusterCount)))
  }

  /// Walks the directories again until each crossing knows who had the cluster first.
  mutating func nameOwners() throws(FAT32Error) {
    guard !crossings.isEmpty else { return }
    isReporting = false
    claimed.removeAll()
    try walk()
    // Those of a lost chain have no owner with a name.
    for finding in crossings.sorted(by: { $0.key < $1.key }).flatMap(\.value) { pass(finding) }
    crossings = [:]
  }
}
