// SPDX-License-Identifier: Apache-2.0

/// What tells one target from another, and a card from the next one in the same reader.
public struct DeviceIdentity: Equatable, Sendable {
  /// Nil for a plain file.
  public var number: DeviceNumber?
  public var byteCount: UInt64
  public var serial: String?
  public var cardID: String?
  /// The kernel's count of disks and media. Nil before Linux 5.15, and for a file.
  public var sequence: UInt64?
  /// Device and inode of a plain file.
  public var file: FileIdentity?

  init(
    number: DeviceNumber? = nil, byteCount: UInt64, serial: String? = nil, cardID: String? = nil,
    sequence: UInt64? = nil, file: FileIdentity? = nil
  ) {
    self.number = number
    self.byteCount = byteCount
    self.serial = serial
    self.cardID = cardID
    self.sequence = sequence
    self.file = file
  }

  public struct FileIdentity: Hashable, Sendable {
    public let device: UInt64
    public let inode: UInt64
  }
}

extension Device {
  public var identity: DeviceIdentity {
    DeviceIdentity(
      number: number, byteCount: byteCount, serial: serial, cardID: cardID, sequence: sequence)
  }
}

extension DeviceIdentity: CustomStringConvertible {
  /// "serial 4C5300, CID 0353…, 31914983424 bytes"
  public var description: String {
    [serial.map { "serial \($0)" }, cardID.map { "CID \($0)" }, "\(byteCount) bytes"]
      .compactMap { $0 }.joined(separator: ", ")
  }
}
