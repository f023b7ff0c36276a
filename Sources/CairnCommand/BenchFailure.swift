// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

extension Failure {
  init(_ error: BenchError) {
    self.init(message: "\(error)", exitCode: Self.status(of: error).rawValue)
  }

  /// After the result, as far as there is one.
  static func stopped(by signal: Int32) -> Failure {
    Failure(
      message: "stopped by \(name(ofSignal: signal)) before the end; nothing was left behind",
      exitCode: 128 + signal)
  }

  /// After the result, which tells how much less.
  static func lessThanClaimed(_ path: String) -> Failure {
    Failure(
      message: "\(path.printable): holds less than it claims to; take another card",
      exitCode: ExitStatus.findings.rawValue)
  }

  static func name(ofSignal signal: Int32) -> String { signal == SIGINT ? "Ctrl-C" : "signal \(signal)" }

  private static func status(of error: BenchError) -> ExitStatus {
    switch error {
    case .noRoom: .write
    case .tooSmall: .source
    case .notMeasurable: .usage
    case .noThread: .internalError
    case .storage(.system(let operation, _, _, let number)): status(operation, number)
    case .storage(.shortTransfer(.write, _, _, _, _)): .write
    case .storage(.notARegularFile(_, .blockDevice)): .refused
    case .storage(.notARegularFile): .write
    case .storage: .source
    }
  }

  private static func status(_ operation: BlockError.Operation, _ number: Int32) -> ExitStatus {
    switch number {
    case EACCES, EPERM, EROFS: .permission
    case ENODEV, ENXIO, EBUSY, ENOMEDIUM: .device
    default: operation == .open || operation == .read ? .source : .write
    }
  }
}
