// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// Why a command ended without its result: a line, what it lists, and the exit code.
struct Failure: Error {
  let message: String
  var details: [String] = []
  let exitCode: Int32

  func report() { Terminal.complain(message, details: details) }
}

extension Failure {
  /// A recipe that can't be, found before anything was read.
  static func recipe(_ message: String) -> Failure {
    Failure(message: message, exitCode: ExitStatus.recipeInvalid.rawValue)
  }

  /// - Parameters:
  ///   - signal: that the job was told to stop by, if it was. Whatever ended it then, Ctrl-C ends the other
  ///     programs of a pipeline, too, and an input that breaks off is no news.
  ///   - recipe: where words may stand that only the release shows to be wrong.
  init(_ error: BuildError, signal: Int32?, recipe: NamedRecipe? = nil) {
    if let signal {
      message = "stopped by \(Self.name(of: signal)); nothing was left behind"
      exitCode = 128 + signal
      return
    }
    message = "\(error)"
    details = recipe?.details(of: error) ?? error.problems
    exitCode = Self.status(of: error).rawValue
  }

  /// What became of a card, said behind the reason.
  init(_ failure: WriteFailure, signal: Int32?, recipe: NamedRecipe? = nil) {
    let reason = Failure(failure.error, recipe: recipe)
    let state = failure.state == .untouched && signal == nil ? "" : "; \(failure.state.words)"
    message = (signal.map { "stopped by \(Self.name(of: $0))" } ?? reason.message) + state
    details = signal == nil ? reason.details : []
    exitCode = signal.map { 128 + $0 } ?? reason.exitCode
  }

  /// Of a job that only reads the card.
  init(reading error: WriteError, signal: Int32?, recipe: NamedRecipe?) {
    let reason = Failure(error, recipe: recipe)
    message = signal.map { "stopped by \(Self.name(of: $0))" } ?? reason.message
    details = signal == nil ? reason.details : []
    let isOfCard = error.targetError != nil && reason.exitCode == ExitStatus.write.rawValue
    exitCode = signal.map { 128 + $0 } ?? (isOfCard ? ExitStatus.source.rawValue : reason.exitCode)
  }

  private init(_ error: WriteError, recipe: NamedRecipe?) {
    switch error {
    case .build(let error): self.init(error, signal: nil, recipe: recipe)
    case .device(let error): self.init(error)
    default:
      self.init(
        message: "\(error)", details: error.problems, exitCode: Self.status(of: error).rawValue)
    }
  }

  /// A plan needs a reading of its own.
  static func unrepeatable(_ source: CardSource) -> Failure {
    Failure(
      message:
        "\(source.unrepeatableInput ?? ""): can't be read twice, and a dry run would use it up; give a file",
      exitCode: ExitStatus.usage.rawValue)
  }

  private static func name(of signal: Int32) -> String { signal == SIGINT ? "Ctrl-C" : "signal \(signal)" }

  init(_ error: RecipeReadError, path: String) {
    switch error {
    case .unreadable(let error):
      message = "\(error)"
      exitCode = Self.status(ofReading: error).rawValue
    case .recipe(let error):
      let count = error.complaints.count
      message = "\(path): \(count) \(count == 1 ? "problem" : "problems")"
      details = error.complaints.map { "\(path):\($0)" }
      exitCode = ExitStatus.recipeInvalid.rawValue
    }
  }

  init(_ error: RecipeOptionError) {
    let problems = error.problems
    message = problems.count == 1 ? problems[0] : "\(problems.count) problems with the options"
    details = problems.count == 1 ? [] : problems
    exitCode = ExitStatus.recipeInvalid.rawValue
  }

  init(_ error: CheckError) {
    message = "\(error)"
    exitCode = (error.targetError.map { Self.status(ofReading: $0) } ?? .internalError).rawValue
  }

  init(_ error: DeviceError) {
    message = "\(error)"
    exitCode = Self.status(of: error).rawValue
    switch error {
    case .refused(let refusals): details = refusals.dropFirst().map { "\($0)" }
    case .permission(let path, let rule?):
      details = [
        "as root, put this line into \(UdevRule.path):",
        rule.text,
        "then: udevadm control --reload && udevadm trigger --name-match=\(path)",
      ]
    default: break
    }
  }

  private static func status(of error: DeviceError) -> ExitStatus {
    switch error {
    case .refused, .wrongTarget, .notATarget(_, .other): .refused
    case .notATarget: .usage
    case .permission: .permission
    case .busy, .locked, .gone, .changed, .tableInUse, .notFound: .device
    case .unreadable, .malformed: .internalError
    case .system(_, _, let number): isPermission(number) ? .permission : .device
    }
  }

  /// A card that can't be read is an input.
  private static func status(ofReading error: BlockError) -> ExitStatus {
    let status = status(of: error)
    return status == .write ? .source : status
  }

  private static func status(of error: BuildError) -> ExitStatus {
    if let cause = error.targetError { return status(of: cause) }
    return switch error {
    case .source(.system(_, _, let number)): isPermission(number) ? .permission : .source
    case .source, .notARelease: .source
    case .outputIsInput, .noContent, .noPartition, .noRelease, .needsSecondReading, .cacheWithoutRelease:
      .usage
    case .bootFile(.bootFile(_, .tooLong)), .packages, .services, .overlay(.dependency): .recipeInvalid
    case .bootFile, .cache: .source
    case .plan, .data(.invalidFormat), .data(.invalidFeatures), .data(.tooSmall): .recipeInvalid
    case .boot(.contentTooLarge), .boot(.contentBeyondFormat), .dataPartitionTooSmall,
      .data(.contentBeyondFormat), .data(.tooFewInodes):
      .write
    case .boot, .data: .source
    case .persistentVolume: .internalError
    case .settingsFile(let error): status(ofReading: error)
    case .settingsFileTooLarge, .keyFile, .overlay(.overlayFile): .source
    case .overlay, .partitionTable, .target: .internalError
    }
  }

  private static func status(of error: WriteError) -> ExitStatus {
    switch error {
    case .build(let error): status(of: error)
    case .device(let error): status(of: error)
    case .cardTooSmall: .refused
    case .image(let error): status(ofReading: error)
    case .notAnImage: .source
    case .target(let error): status(of: error)
    case .falseCapacity, .badRanges: .findings
    case .gone: .device
    }
  }

  private static func status(of error: BlockError) -> ExitStatus {
    switch error {
    case .notARegularFile(_, .blockDevice): .refused
    case .system(_, _, _, let number) where isPermission(number): .permission
    case .system(_, _, _, ENODEV), .system(_, _, _, ENXIO), .system(_, _, _, EBUSY): .device
    case .outOfBounds: .internalError
    default: .write
    }
  }

  private static func isPermission(_ number: Int32) -> Bool { [EACCES, EPERM, EROFS].contains(number) }
}
