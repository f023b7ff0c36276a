// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// What the Pi's firmware and the kernel are told besides what the release tells them.
struct BootOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A line for the end of usercfg.txt, such as dtparam=audio=on or [pi4]; many times.", valueName: "line"))
  var config: [String] = []

  @Option(
    help: ArgumentHelp(
      "Kernel parameters for the end of cmdline.txt, such as cgroup_enable=memory; many times.",
      valueName: "parameters"))
  var cmdline: [String] = []

  @Flag(
    inversion: .prefixedNo,
    help: "Whether the boot and a login are on the serial line, too, at 115200 bits a second. (default: no)")
  var serialConsole: Bool?

  var recipeOptions: [RecipeOption] {
    [
      RecipeOption.list("--config", ["boot", "config"], config),
      .list("--cmdline", ["boot", "cmdline"], cmdline),
      .flag("--serial-console", ["boot", "serial-console"], serialConsole),
    ].compactMap(\.self)
  }
}
