// SPDX-License-Identifier: Apache-2.0

/// A package as an index or its own .PKGINFO describes it: what decides whether it can be installed.
///
/// Source: apk-package(5), "Package info metadata".
public struct Package: Equatable, Sendable {
  public var name: String
  public var version: PackageVersion
  /// "noarch" for every architecture; empty where the index doesn't say.
  public var architecture: String
  /// As the index writes it: "Q1" and the SHA-1 of the control segment in base64; empty where it doesn't say.
  public var identity: String
  public var dependencies: [Dependency]
  public var provisions: [Provision]
  /// What has to be installed for it to join unasked; none where it never does.
  public var companions: [Dependency]
  /// Above 0, apk may choose it for a name that it provides without a version.
  public var providerPriority: UInt64

  init(name: String = "", version: String = "") {
    self.name = name
    self.version = PackageVersion(version)
    architecture = ""
    identity = ""
    dependencies = []
    provisions = []
    companions = []
    providerPriority = 0
  }

  /// Name and version, as file names begin.
  public var fullName: String { "\(name)-\(version)" }

  /// What a repository has it as.
  var fileName: String { "\(fullName).apk" }

  /// Whether apk would install it on `architecture`.
  public func fits(_ architecture: Architecture) -> Bool {
    self.architecture.isEmpty || self.architecture == "noarch"
      || self.architecture == architecture.rawValue
  }
}

extension Package {
  /// Takes a field of an index, by its letter; those that don't matter here are passed over.
  ///
  /// Source: apk-package(5), the letters in "Package info metadata".
  mutating func take(_ letter: Character, _ value: Substring) throws(PackageInformationProblem) {
    do throws(DependencyProblem) {
      switch letter {
      case "P": name = String(value)
      case "V": version = PackageVersion(String(value))
      case "A": architecture = String(value)
      case "C": identity = String(value)
      case "D": dependencies += try Dependency.list(value)
      case "p": provisions += Provision.list(value)
      case "i": companions += try Dependency.list(value)
      case "k": providerPriority = UInt64(value) ?? 0
      default: break
      }
    } catch {
      throw .dependency(String(value), error)
    }
  }

  /// What a name and a version must be for files to be called so.
  func check() throws(PackageInformationProblem) {
    guard !name.isEmpty else { throw .noName }
    guard !version.text.isEmpty else { throw .noVersion }
    guard name.isPlain, name.first != ".", version.text.isPlain else { throw .unusableName(fullName) }
  }
}

extension String {
  /// Whether all of it is what apk takes for a package's name or version.
  fileprivate var isPlain: Bool {
    unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("A"..."Z").contains($0) || ("0"..."9").contains($0)
        || "._+-~".unicodeScalars.contains($0)
    }
  }
}

/// What is wrong in the description of a package.
public enum PackageInformationProblem: Error, Equatable, Sendable {
  case noName
  case noVersion
  /// A name or a version that no file can be called by.
  case unusableName(String)
  case dependency(String, DependencyProblem)
  /// A line that is no field.
  case noField
  /// A line or a description longer than any real one.
  case tooLong(byteCount: Int)
}

extension PackageInformationProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noName: "a package without a name"
    case .noVersion: "a package without a version"
    case .unusableName(let name):
      "\"\(Array(name.utf8).printable)\" is no package's name and version: letters, digits and ._+-~ only"
    case .dependency(let text, let problem): "\"\(Array(text.utf8).printable)\": \(problem)"
    case .noField: "a line that is no field"
    case .tooLong(let byteCount): "a line of more than \(byteCount) bytes"
    }
  }
}
