// SPDX-License-Identifier: Apache-2.0
public import Archive
public import Entries

/// What can't be taken for an Alpine release, or can't be made into an overlay.
public enum AlpineError: Error, Equatable, Sendable {
  /// The stream is no Raspberry Pi release: what it would have to hold and doesn't.
  case notARelease(missing: [String])
  case hostname(String, HostnameProblem)
  case settings([SettingProblem])
  /// A directory that can't be a mount point of its own.
  case persistence(path: String, PersistenceProblem)
  /// A file that the overlay was to bring along and can't.
  case overlayFile(EntryPath, OverlayFileProblem)
  /// A file of the boot partition that settings were to be added to.
  case bootFile(EntryPath, BootFileProblem)
  /// A text that is no dependency, as a line of the world has to be.
  case dependency(String, DependencyProblem)
  /// A file that is called a package and can't be put into the cache.
  case package(path: String, PackageFileProblem)
  case index(path: String, PackageIndexProblem)
  /// What the world asks for, and neither release nor cache has.
  case unsatisfied([UnsatisfiedDependency])
  /// Packing an apkovl or a package failed, or unpacking an index.
  case archive(ArchiveError)
}

extension AlpineError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .notARelease(let missing):
      "not an Alpine release for the Raspberry Pi: \(missing.joined(separator: ", ")) missing; "
        + "take an alpine-rpi tarball as it was published"
    case .hostname(let name, let problem):
      "hostname \"\(Array(name.utf8).printable)\": \(problem)"
    case .settings(let problems):
      problems.map(\.description).joined(separator: "; ")
    case .persistence(let path, let problem):
      "persistent directory \(path): \(problem)"
    case .overlayFile(let path, let problem):
      "\(path) for the overlay: \(problem)"
    case .bootFile(let path, let problem):
      "\(path): \(problem)"
    case .dependency(let text, let problem):
      "package \"\(Array(text.utf8).printable)\": \(problem)"
    case .package(let path, let problem):
      "\(path): \(problem)"
    case .index(let path, let problem):
      "\(path): \(problem)"
    case .unsatisfied(let dependencies):
      "packages that neither the release nor the cache can install; put what is missing into the cache, "
        + "or let the first boot have a network: "
        + dependencies.map(\.description).joined(separator: "; ")
    case .archive(let error):
      "\(error)"
    }
  }
}
