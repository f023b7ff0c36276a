// SPDX-License-Identifier: Apache-2.0
public import Archive
import Entries

/// What the beginning of a package file tells: its description and its identity.
///
/// A package is gzip members one behind the other: signatures (which may be missing), control, data.
///
/// Source: apk-v2(5); apk-tools, extract_v2.c, for where the parts begin and what the identity is of.
public struct PackageFile: Equatable, Sendable {
  public let package: Package
  /// Bytes of the file up to the end of the control segment.
  public let headByteCount: Int
  /// SHA-1 of the control segment's compressed bytes: what apk knows the package by.
  public let identity: [UInt8]
  /// SHA-256 of all that follows, which .PKGINFO names; nil where it names none.
  public let dataDigest: String?
  /// Fields of .PKGINFO that go into an index, in the order in which apk writes them there.
  private let fields: [(letter: Character, value: String)]

  public static func == (left: PackageFile, right: PackageFile) -> Bool {
    left.package == right.package && left.identity == right.identity
      && left.headByteCount == right.headByteCount
  }

  /// What it is called in apk's cache. Source: apk-tools, context.c, `default_cachename_spec`.
  public var cacheName: String { "\(package.fullName).\(identity.cacheDigits).apk" }

  /// Its paragraph in an index, with the empty line that ends it.
  ///
  /// - Parameter byteCount: of the whole file. apk 3 takes no file of another size for it.
  /// - Note: apk 2 can't do without T, U and L when it writes them on.
  func indexParagraph(byteCount: UInt64) -> String {
    var lines = ["C:\(package.identity)", "P:\(package.name)", "V:\(package.version)"]
    if !package.architecture.isEmpty { lines.append("A:\(package.architecture)") }
    lines += ["S:\(byteCount)", "I:\(values("I").last ?? "0")"]
    for letter: Character in ["T", "U", "L"] { lines.append("\(letter):\(values(letter).last ?? "")") }
    for letter: Character in ["o", "m", "t", "c", "k"] {
      if let value = values(letter).last { lines.append("\(letter):\(value)") }
    }
    for letter: Character in ["D", "p", "i"] {
      let words = values(letter).joined(separator: " ")
      if !words.isEmpty { lines.append("\(letter):\(words)") }
    }
    return lines.joined(separator: "\n") + "\n\n"
  }

  private func values(_ letter: Character) -> [String] {
    fields.filter { $0.letter == letter }.map(\.value)
  }

  /// Keys of .PKGINFO, and the letters of an index for them. Source: apk-tools, package.c, `read_info_line`.
  private static let letters: [Substring: Character] = [
    "pkgname": "P", "pkgver": "V", "pkgdesc": "T", "url": "U", "size": "I", "license": "L", "arch": "A",
    "depend": "D", "install_if": "i", "provides": "p", "origin": "o", "maintainer": "m", "builddate": "t",
    "commit": "c", "provider_priority": "k",
  ]

  /// - Parameters:
  ///   - information: .PKGINFO.
  ///   - identity: SHA-1 of the control segment.
  fileprivate init(
    information: [UInt8], identity: [UInt8], headByteCount: Int
  ) throws(PackageInformationProblem) {
    var package = Package()
    var fields: [(Character, String)] = []
    var dataDigest: String?
    for line in String(decoding: information, as: UTF8.self).split(separator: "\n") {
      guard line.first != "#", let separator = line.firstRange(of: " = ") else { continue }
      let (key, value) = (line[..<separator.lowerBound], line[separator.upperBound...])
      if key == "datahash" { dataDigest = String(value) }
      guard let letter = Self.letters[key] else { continue }
      try package.take(letter, value)
      fields.append((letter, String(value)))
    }
    package.identity = "Q1" + identity.base64
    try package.check()
    self.package = package
    self.headByteCount = headByteCount
    self.identity = identity
    self.dataDigest = dataDigest
    self.fields = fields
  }
}

/// Takes a package file in pieces until its head has come: the signatures and the control segment. The data is never
/// inflated.
struct PackageFileScanner {
  /// All that has come, some of it behind the head.
  private(set) var bytes: [UInt8] = []
  /// What is known, once the head has come.
  private(set) var file: PackageFile?
  private let path: String
  private let inflater = GzipInflater()
  private var scannedByteCount = 0
  private var memberStart = 0
  private var member: [UInt8] = []

  /// Bytes that the head of a package may have; real ones have some 10 KiB.
  static let longestHead = 1 << 20
  /// Bytes that one segment of it may inflate to.
  private static let longestSegment = 8 << 20

  /// - Parameter path: of the file, for errors.
  init(path: String) { self.path = path }

  /// - Throws: `AlpineError.package`, `AlpineError.archive`.
  mutating func take(_ piece: RawSpan) throws(AlpineError) {
    bytes += Array(copying: piece)
    do throws(PackageFileProblem) {
      try checkMagic()
      while file == nil, scannedByteCount < bytes.count { try inflate() }
      if file == nil, bytes.count > Self.longestHead { throw .headTooLarge(byteCount: Self.longestHead) }
    } catch {
      throw .package(path: path, error)
    }
  }

  /// - Throws: `AlpineError.package`: the file has ended before its head has.
  func finish() throws(AlpineError) -> PackageFile {
    guard let file else { throw .package(path: path, .truncated) }
    return file
  }

  /// "ADB", as a package of apk 3's own format begins. Source: apk-v3(5), "Schema".
  private static let schemaMagic = Array("ADB".utf8)

  private func checkMagic() throws(PackageFileProblem) {
    guard bytes.count >= Self.schemaMagic.count else { return }
    if bytes.starts(with: Self.schemaMagic) { throw .versionThree }
    guard bytes[0] == 0x1F, bytes[1] == 0x8B else { throw .notGzip }
  }

  private mutating func inflate() throws(PackageFileProblem) {
    let bytes = bytes
    do throws(CompressionProblem) {
      let rest = bytes.rawBytes.extracting(droppingFirst: scannedByteCount)
      let step = try inflater.inflate(rest, into: &member, limit: Self.longestSegment)
      scannedByteCount += step.consumedByteCount
      guard step.isMemberEnd else { return }
    } catch {
      throw .compressed(error)
    }
    try endMember()
  }

  private mutating func endMember() throws(PackageFileProblem) {
    let bytes = bytes
    let segment = try Segment(of: member, path: path)
    if let information = segment.information {
      let control = bytes.rawBytes.extracting(memberStart..<scannedByteCount)
      do throws(PackageInformationProblem) {
        file = try PackageFile(
          information: information, identity: Digest.sha1(control), headByteCount: scannedByteCount)
      } catch {
        throw .information(error)
      }
    }
    memberStart = scannedByteCount
    member = []
  }

  /// What is in the tar of a gzip member.
  private struct Segment {
    /// .PKGINFO; nil where these are signatures.
    private(set) var information: [UInt8]?

    init(of tar: [UInt8], path: String) throws(PackageFileProblem) {
      var reader = try Self.reader(of: tar, path: path)
      var isControl = false
      while let entry = reader.next() {
        guard entry.path.bytes.first == UInt8(ascii: ".") else { throw .notSegmented }
        if entry.path.bytes.starts(with: ".SIGN.".utf8), !isControl { continue }
        isControl = true
        if entry.path == EntryPath(".PKGINFO") { information = Self.content(of: &reader) }
      }
      if isControl, information == nil { throw .noInformation }
    }

    private static func reader(of tar: [UInt8], path: String) throws(PackageFileProblem) -> TarMemoryReader {
      do throws(ArchiveError) { return try TarMemoryReader(tar, path: path, isWhole: false) } catch {
        throw .tar(error)
      }
    }

    private static func content(of reader: inout TarMemoryReader) -> [UInt8] {
      var content: [UInt8] = []
      while true {
        let bytes = reader.nextBytes()
        if bytes.isEmpty { return content }
        content += Array(copying: bytes)
      }
    }
  }
}

/// What is wrong with a file that is called a package.
public enum PackageFileProblem: Error, Equatable, Sendable {
  case notGzip
  /// Of apk 3's own format, which its users' systems may read and Alpine's releases don't.
  case versionThree
  case truncated
  case compressed(CompressionProblem)
  case tar(ArchiveError)
  /// Files of the package are in one gzip stream with its description.
  case notSegmented
  case noInformation
  case information(PackageInformationProblem)
  case headTooLarge(byteCount: Int)
  /// The data is not what .PKGINFO's datahash is of.
  case damagedData
  /// The file has a cache's name, and it belongs to another package.
  case foreignName(expected: String)
  case architecture(String, expected: Architecture)
  /// A link, a directory or a sparse file.
  case notAFile
}

extension PackageFileProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notGzip: "is no package of Alpine's; leave it out"
    case .versionThree: "is a package of apk 3's own format, which Alpine's releases don't use; leave it out"
    case .truncated: "ends before the package's description does; fetch it again"
    case .compressed(let problem): "\(problem)"
    case .tar(let error): "is no package of Alpine's: \(error)"
    case .notSegmented:
      "is one gzip stream, not a package's three, as if it had been packed again; fetch it as Alpine publishes it"
    case .noInformation: "holds no .PKGINFO where a package has it; leave it out"
    case .information(let problem): "its .PKGINFO has \(problem); fetch it again"
    case .headTooLarge(let byteCount): "has no description in its first \(byteCount) bytes; leave it out"
    case .damagedData: "the content is not what its .PKGINFO promises (datahash); fetch it again"
    case .foreignName(let expected):
      "has a cache's name that belongs to other content; this is \(expected): rename it, or fetch it again"
    case .architecture(let name, let expected):
      "is for \(Array(name.utf8).printable), and the release is for \(expected); fetch the one for \(expected)"
    case .notAFile: "is no plain file; put the package itself there"
    }
  }
}
