// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

struct SampleReleaseCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample-release",
    abstract: "Write a tarball that looks like a release, to try everything with no network.",
    discussion: """
      It has the layout, the names and the sizes of a real release, and packages that satisfy the default world. \
      What it has not is a kernel or any program: a card made from it does not boot. The same version of Cairn writes \
      the same bytes everywhere.
      """)

  @Argument(
    help: ArgumentHelp("The .tar.gz to write; a file that is there is replaced.", valueName: "out.tar.gz"))
  var output: String

  @Flag(help: "The same names in a few megabytes.")
  var small = false

  @Option(help: ArgumentHelp("aarch64, armv7 or armhf.", valueName: "arch"))
  var architecture = Architecture.aarch64

  func validate() throws { try FileArgument.check(output: output, "out.tar.gz") }

  func run() throws {
    let monitor = BuildMonitor()
    let signals = SignalWatch(stopping: monitor)
    do throws(BuildError) {
      try SampleReleaseFile.write(
        SampleRelease(scale: small ? .small : .full, architecture: architecture), to: output, monitor: monitor
      )
    } catch { throw Failure(error, signal: signals.signal) }
    try Terminal.standardOutput(
      """
      \(output): a sample release for \(architecture); a card made from it does not boot.
      Next: cairn build --release \(output.quotedForShell) -o card.img

      """)
  }
}
