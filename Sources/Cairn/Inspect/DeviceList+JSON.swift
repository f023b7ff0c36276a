// SPDX-License-Identifier: Apache-2.0
public import Devices
public import Foundation

extension DeviceList {
  /// All disks for scripts: one JSON object, keys sorted, sizes in bytes.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(DevicesReport(devices: devices.map(DeviceReport.init))) + Data("\n".utf8)
  }
}

/// The shape of the JSON. A key that goes or changes its meaning raises `schema`.
private struct DevicesReport: Encodable {
  var schema = 1
  let devices: [DeviceReport]
}

private struct DeviceReport: Encodable {
  let path, number, bus: String
  let size: UInt64
  let vendor, model, serial, cid, backingFile: String?
  let links: [String]
  let removable, readOnly, writable: Bool
  /// Whether this user may open it.
  let permitted: Bool?
  let partitions: [PartitionReport]
  let uses: [UseReport]
  let system: [String]
  let refusals: [RefusalReport]
  let queue: QueueReport

  init(_ device: Device) {
    path = device.path
    number = "\(device.number)"
    bus = device.bus.rawValue
    size = device.byteCount
    vendor = device.vendor
    model = device.model
    serial = device.serial
    cid = device.cardID
    backingFile = device.backingPath
    links = device.stablePaths
    removable = device.isRemovable
    readOnly = device.isReadOnly
    permitted = device.isAccessible
    partitions = device.partitions.map(PartitionReport.init)
    uses = device.uses.map(UseReport.init)
    system = device.systemUses
    refusals = device.refusals().map(RefusalReport.init)
    writable = refusals.isEmpty
    queue = QueueReport(device.queue)
  }
}

private struct PartitionReport: Encodable {
  let path, number: String
  let partition: Int
  let start, size: UInt64

  init(_ partition: Device.Partition) {
    path = partition.path
    number = "\(partition.deviceNumber)"
    self.partition = partition.number
    start = partition.range.lowerBound
    size = partition.range.upperBound - partition.range.lowerBound
  }
}

private struct UseReport: Encodable {
  let kind, path: String
  let mountPoint, holder: String?

  init(_ use: DeviceUse) {
    switch use {
    case .mounted(let part, let place): (kind, path, mountPoint, holder) = ("mounted", part, place, nil)
    case .swap(let part): (kind, path, mountPoint, holder) = ("swap", part, nil, nil)
    case .held(let part, let by): (kind, path, mountPoint, holder) = ("held", part, nil, by.name)
    }
  }
}

private struct RefusalReport: Encodable {
  let kind, text: String
  /// The word that `--allow` takes; nil where nothing helps.
  let allow: String?

  init(_ refusal: Refusal) {
    kind = refusal.word
    text = "\(refusal)"
    allow = refusal.allowance?.rawValue
  }
}

private struct QueueReport: Encodable {
  let logicalBlockSize, physicalBlockSize, maximumRequest, optimalRequest, requests: Int?
  let maximumDiscard, maximumZero: UInt64?
  let rotational: Bool?

  init(_ queue: QueueLimits) {
    logicalBlockSize = queue.logicalBlockSize
    physicalBlockSize = queue.physicalBlockSize
    maximumRequest = queue.largestRequestByteCount
    optimalRequest = queue.optimalByteCount
    requests = queue.requestCount
    maximumDiscard = queue.largestDiscardByteCount
    maximumZero = queue.largestZeroByteCount
    rotational = queue.isRotational
  }
}
