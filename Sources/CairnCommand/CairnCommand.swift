// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn
import Foundation

/// The `cairn` command: arguments in, sentences out. What it does is the library's matter.
@main
struct CairnCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cairn",
    abstract: "Makes SD cards that boot Alpine Linux diskless on a Raspberry Pi, and remember.",
    discussion: """
      Exit codes: 0 done, 1 internal error, 2 usage, 3 recipe invalid, 4 refused for safety, 5 source or its \
      checksum, 6 write error or no space, 7 findings, 8 no permission, 9 device gone or busy, 128 + signal when stopped.
      """,
    version: CairnVersion.current,
    subcommands: [
      BuildCommand.self, WriteCommand.self, VerifyCommand.self, CheckCommand.self, DevicesCommand.self,
      BenchCommand.self, SampleReleaseCommand.self,
    ])

  static func main() {
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch let failure as Failure {
      failure.report()
      Foundation.exit(failure.exitCode)
    } catch let code as ExitCode {
      Foundation.exit(code.rawValue)
    } catch {
      exitForArguments(error)
    }
  }

  /// Help and version end well, on standard output; what ArgumentParser refuses is one line, and 2 instead of its 64.
  private static func exitForArguments(_ error: any Error) -> Never {
    guard exitCode(for: error) != .success else { exit(withError: error) }
    Terminal.complain(message(for: error))
    Terminal.standardError("Run `\(helpCommand)` for what it takes.\n")
    Foundation.exit(ExitStatus.usage.rawValue)
  }

  /// The help of the subcommand that was meant, if there is one of the name.
  private static var helpCommand: String {
    let names = configuration.subcommands.map { $0.configuration.commandName }
    let name = CommandLine.arguments.dropFirst().first { names.contains($0) }
    return name.map { "cairn \($0) --help" } ?? "cairn --help"
  }
}
