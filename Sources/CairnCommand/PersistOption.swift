// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What `--persist` takes: a directory and how it is kept, or "none".
enum PersistOption {
  case directory(PersistenceRequest)
  case none

  init(_ text: String) throws {
    self = text == "none" ? .none : .directory(try PersistenceRequest(text))
  }

  private var request: PersistenceRequest? {
    if case .directory(let request) = self { request } else { nil }
  }

  /// Throws for what contradicts itself or other options.
  static func validate(_ options: [PersistOption], hasRelease: Bool, hasData: Bool) throws {
    let requests = options.compactMap(\.request)
    if requests.isEmpty { return }
    if requests.count < options.count {
      throw ValidationError("'--persist none' and '--persist <path>' exclude each other")
    }
    if !hasData { throw ValidationError("'--no-data' leaves no place for '--persist'") }
    if !hasRelease { throw ValidationError("'--persist' is for an Alpine system; give '--release <tar>'") }
  }

  /// What a recipe gets; Docker's directory where nothing is named.
  static func requests(_ options: [PersistOption]) -> [PersistenceRequest] {
    options.isEmpty ? [.docker] : options.compactMap(\.request)
  }
}
