// SPDX-License-Identifier: Apache-2.0
public import Blocks
public import Entries

/// Why a volume can't be made, filled or read.
public enum Ext4Error: Error, Equatable, Sendable {
  /// The target failed.
  case target(BlockError)
  /// libext2fs returned `code`, in its own words `text`, when it should have done what `doing` says.
  case library(code: Int, doing: String, text: String)
  /// More than 16 bytes of UTF-8, or a NUL among them.
  case invalidLabel(String)
  /// Not 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  case invalidIdentifier(String)
  case invalidFormat(FormatField)
  case invalidFeatures(FeatureProblem)
  /// A word that is none of tune2fs's `-o`.
  case unknownMountOption(String)
  /// A volume of `size` bytes has no room for its own structures.
  case tooSmall(size: UInt64, smallestSize: UInt64)
  /// The entries need a volume of `neededSize` bytes, and it has `size`.
  case contentTooLarge(neededSize: UInt64, size: UInt64)
  /// The entries need a volume of more than `largestSize` bytes.
  case contentBeyondFormat(largestSize: UInt64)
  /// The entries need so many inodes, and the format asks for `inodeCount` of them.
  case tooFewInodes(neededCount: UInt32, inodeCount: UInt32)
  /// Entries that ext4 can't hold, all of them, in the order in which they came.
  case unrepresentable([Problem])
  /// An entry got more or fewer bytes than it announced.
  case wrongContentSize(path: EntryPath, announced: UInt64, received: UInt64)
  /// What the superblock says that makes the volume unreadable.
  case superblock(Finding)
  /// A file or directory of a volume that can't be read, or not to its end.
  case unreadable(EntryPath, inode: UInt32, Damage)
  /// Something on the way to a path is no directory, or a directory was asked for.
  case notADirectory(EntryPath)
  /// The volume has nothing at the path.
  case notFound(EntryPath)

  /// A property of `Format` outside its range.
  public enum FormatField: Equatable, Sendable {
    case size(UInt64)
    case time(Timestamp)
    case inodeRatio(UInt64)
    /// `size` is the volume's, in bytes.
    case inodeCount(UInt32, size: UInt64)
    case reservedBlockPercentage(Percentage)
    /// What should have been a percentage.
    case percentage(String)
    case journalBlockCount(UInt32)
    /// More than half of what is free on a volume of `size` bytes.
    case journalTooLarge(blockCount: UInt32, size: UInt64)
    /// A journal is asked for, or a mode of it, and the features have none.
    case journalWithoutFeature
    case journalModeWithoutJournal(MountOptions.JournalMode)
    case extendedMountOptions(String)
  }
}

extension Ext4Error {
  /// Why a file or directory on a volume can't be read.
  public enum Damage: Error, Equatable, Sendable {
    /// A directory has a name for an inode that no file has.
    case unusedInode
    case inodeChecksum
    /// Of a node of the extent tree.
    case extentChecksum
    /// Of a directory's block.
    case directoryChecksum
    /// Of the block of extended attributes.
    case attributeChecksum
    /// What libext2fs says of it.
    case library(String)
    /// `i_mode` names no type of file.
    case fileType
    /// A size that such a file can't have, in bytes.
    case size(UInt64)
    /// Extents that are empty, or not in the order of the file.
    case extentOrder
    /// A tree of extents of so many levels.
    case extentDepth(Int)
    /// A block that the volume does not have.
    case blockOutside(UInt64)
    /// A block that the file has twice.
    case blockTwice(UInt64)
    /// A directory entry that reaches beyond its block.
    case directoryEntry
    /// A name that no path can have.
    case illegalName
    /// Two entries of a directory have the same name.
    case duplicateName
    /// A directory that has another name already: perhaps above this one.
    case directoryTwice
    /// Directories within directories, more than 2,048 of them or with a path of more than 32,767 bytes.
    case tooDeep
    /// A target that is empty, or has a NUL in it.
    case linkTarget
    /// Extended attributes that reach beyond their place, or are none.
    case attributes
    /// Names and content are encrypted.
    case encrypted
  }
}

/// An entry that the volume can't hold, and why.
public struct Problem: Equatable, Sendable {
  public var path: EntryPath
  public var reason: Reason

  public init(path: EntryPath, reason: Reason) {
    self.path = path
    self.reason = reason
  }

  public enum Reason: Error, Equatable, Sendable {
    /// An earlier entry has the same path.
    case duplicatePath
    /// A name in the path has more than 255 bytes.
    case nameTooLong(byteCount: Int)
    /// A name on the way belongs to something that is no directory.
    case parentIsNoDirectory
    /// The root of a volume is a directory.
    case rootIsNoDirectory
    /// More than `largestSize` bytes: 16 TiB less a block, unless features are switched off.
    case fileTooLarge(size: UInt64, largestSize: UInt64 = 17_592_186_040_320)
    /// Ranges of a sparse file that overlap, go back or reach beyond its end.
    case malformedDataRanges
    /// Before 1901-12-13 or after 2446-05-10.
    case timeOutOfRange(Timestamp)
    /// Empty, longer than 4,095 bytes, or with a NUL in it.
    case badLinkTarget(byteCount: Int)
    /// A hard link to a path that has not come.
    case missingLinkTarget(EntryPath)
    /// A hard link to a directory.
    case linkToDirectory(EntryPath)
    /// More than 65,000 names of one file.
    case tooManyLinks(EntryPath)
    /// A major number above 4,095 or a minor one above 1,048,575.
    case deviceNumberTooLarge(major: UInt32, minor: UInt32)
    /// More names than an index of two levels holds.
    case directoryTooLarge
    /// More than 64,997 on a volume without the feature `dir_nlink`.
    case tooManySubdirectories
    /// An extended attribute's name: empty, too long, given twice, or not in user., trusted., security. or an
    /// ACL's.
    case badAttributeName([UInt8])
    /// An access control list that is not in the form of the system's calls.
    case malformedAccessControlList([UInt8])
    /// More attributes than one block holds.
    case attributesTooLarge
  }
}

extension Ext4Error: CustomStringConvertible {
  public var description: String {
    switch self {
    case .target(let error): error.description
    case .library(let code, let doing, let text): "ext4: cannot \(doing): \(text) (libext2fs error \(code))"
    case .invalidLabel(let text):
      "ext4 label \"\(Array(text.utf8).printable)\": at most 16 bytes of UTF-8 and no NUL; shorten it"
    case .invalidIdentifier(let text):
      "ext4 UUID \"\(Array(text.utf8).printable)\": write it as 8-4-4-4-12 hexadecimal digits"
    case .invalidFormat(let field): field.description
    case .invalidFeatures(let problem): problem.description
    case .unknownMountOption(let name):
      "ext4 mount option \"\(Array(name.utf8).printable)\": no default of a volume; see tune2fs(8), -o"
    case .tooSmall(let size, let smallestSize):
      "ext4 volume of \(size) bytes: too small for its own structures; give it at least \(smallestSize)"
    case .contentTooLarge(let neededSize, let size):
      "ext4 volume of \(size) bytes: too small for its content; give it at least \(neededSize)"
    case .contentBeyondFormat(let largestSize):
      "ext4 content: too much for the largest volume, which has \(largestSize) bytes; split it"
    case .tooFewInodes(let neededCount, let inodeCount):
      "ext4 inodes \(inodeCount): too few for the content; ask for at least \(neededCount)"
    case .unrepresentable(let problems):
      problems.count == 1
        ? problems[0].description
        : "ext4 volume: \(problems.count) entries can't be on it; rename or exclude them"
    case .wrongContentSize(let path, let announced, let received):
      "\(path): \(announced) bytes were announced and \(received) came; the source is damaged"
    case .superblock(let finding): "ext4: \(finding)"
    case .unreadable(let path, let inode, let damage): "\(path) (inode \(inode)): \(damage)"
    case .notADirectory(let path): "\(path): not a directory"
    case .notFound(let path): "\(path): not on the volume"
    }
  }
}

extension Ext4Error.Damage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unusedInode: "a directory names an inode that is not in use"
    case .inodeChecksum: "the inode's checksum is wrong"
    case .extentChecksum: "the checksum of its extents is wrong"
    case .directoryChecksum: "the checksum of one of its blocks is wrong"
    case .attributeChecksum: "the checksum of its extended attributes is wrong"
    case .library(let text): text
    case .fileType: "a type of file that does not exist"
    case .size(let size): "\(size) bytes, which it can't have"
    case .extentOrder: "its extents are empty or not in order"
    case .extentDepth(let depth): "its extents lie \(depth) levels deep, and 5 are possible"
    case .blockOutside(let block): "lies on block \(block), which the volume does not have"
    case .blockTwice(let block): "has block \(block) twice"
    case .directoryEntry: "an entry of the directory reaches beyond its block"
    case .illegalName: "an entry of the directory has a name that no path can have"
    case .duplicateName: "two entries of the directory have the same name"
    case .directoryTwice: "the directory has another name already"
    case .tooDeep: "lies too deep in directories"
    case .linkTarget: "a symbolic link that leads nowhere"
    case .attributes: "its extended attributes are malformed"
    case .encrypted: "is encrypted"
    }
  }
}

extension Ext4Error.FormatField: CustomStringConvertible {
  public var description: String {
    switch self {
    case .size(let size):
      "ext4 volume of \(size) bytes: at most \(Format.largestSize) are possible"
    case .time(let time):
      "ext4 time of \(time.seconds) seconds: a volume is made between 1970 and 2106 (0 to 4294967295 seconds)"
    case .inodeRatio(let ratio):
      "ext4 inode ratio \(ratio): give 1024 to 67108864 bytes of the volume to an inode"
    case .inodeCount(let count, let size):
      "ext4 inodes \(count): a volume of \(size) bytes takes 16 to \(Format.inodeCountRange(ofSize: size).upperBound)"
    case .percentage(let text):
      "ext4 reserved blocks \"\(Array(text.utf8).printable)\": give a percentage with up to two decimals, like 0.5"
    case .reservedBlockPercentage(let percentage):
      "ext4 reserved blocks \(percentage) %: reserve 0 to 50 %"
    case .journalBlockCount(let count):
      "ext4 journal of \(count) blocks: give it 1024 to 10240000"
    case .journalTooLarge(let blockCount, let size):
      "ext4 journal of \(blockCount) blocks: takes more than half of what is free in \(size) bytes; make one larger or the other smaller"
    case .journalWithoutFeature:
      "ext4 journal: the features leave has_journal out; switch it on or ask for no journal"
    case .journalModeWithoutJournal(let mode):
      "ext4 mount option \(mode.rawValue): there is no journal; leave it out"
    case .extendedMountOptions(let text):
      "ext4 mount options \"\(Array(text.utf8).printable)\": at most 63 bytes and no NUL; shorten them"
    }
  }
}

extension Problem: CustomStringConvertible {
  public var description: String { "\(path): \(reason)" }
}

extension Problem.Reason: CustomStringConvertible {
  public var description: String {
    switch self {
    case .duplicatePath: "an earlier entry has the same path; leave one of them out"
    case .nameTooLong(let byteCount): "a name of \(byteCount) bytes, and ext4 takes 255; shorten it"
    case .parentIsNoDirectory: "lies below an entry that is no directory; rename one of them"
    case .rootIsNoDirectory: "is the root of the volume, which can only be a directory; leave it out"
    case .fileTooLarge(let size, let largestSize):
      "\(size) bytes, and the volume takes \(largestSize); leave it out"
    case .malformedDataRanges: "the map of its holes contradicts itself; the source is damaged"
    case .timeOutOfRange(let time):
      "a time of \(time.seconds) seconds, and ext4 holds 1901 to 2446 (-2147483648 to 15032385535); change it"
    case .badLinkTarget(let byteCount):
      "a link target of \(byteCount) bytes, and ext4 takes 1 to 4095 and no NUL; change it"
    case .missingLinkTarget(let target): "a hard link to \(target), which has not come before it"
    case .linkToDirectory(let target):
      "a hard link to \(target), which is a directory; make it a symbolic link"
    case .tooManyLinks(let target): "\(target) has 65000 names already, and ext4 takes no more; copy it"
    case .deviceNumberTooLarge(let major, let minor):
      "device \(major):\(minor), and ext4 takes 4095:1048575 at most; leave it out"
    case .directoryTooLarge:
      "more names than an index of two levels holds; spread them over several directories"
    case .tooManySubdirectories:
      "more than 64997 directories in it, which takes the feature dir_nlink; switch that on"
    case .badAttributeName(let name): "extended attribute \"\(name.printable)\", which ext4 has no place for"
    case .malformedAccessControlList(let name): "\(name.printable) is not an access control list"
    case .attributesTooLarge: "more extended attributes than a block of 4096 bytes holds; leave some out"
    }
  }
}
