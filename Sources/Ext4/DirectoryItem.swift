// SPDX-License-Identifier: Apache-2.0
public import Entries

/// A file, a directory or whatever else has a name on a volume.
public struct DirectoryItem: Equatable, Sendable, LookupItem {
  /// With all its attributes, and never a hard link: each name of a file describes the file.
  public let entry: Entry
  /// Number of the inode, from 1.
  public let inode: UInt32
  /// How many names the inode says that it has.
  public let linkCount: UInt16

  public var path: EntryPath { entry.path }
  public var isDirectory: Bool { entry.kind == .directory }

  public var identity: UInt64? { isDirectory || linkCount < 2 ? nil : UInt64(inode) }
}
