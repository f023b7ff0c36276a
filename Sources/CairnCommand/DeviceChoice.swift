// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Cairn

/// Which card may be overwritten without a question.
struct DeviceChoice: ParsableArguments {
  @Flag(name: .shortAndLong, help: "Don't ask; takes --target-id, too, so that no other card is written.")
  var yes = false

  @Option(
    help: ArgumentHelp(
      "What the card must be: its serial number or CID, or its exact size in bytes where it has neither.",
      valueName: "id"),
    transform: { text in
      guard let identifier = TargetID(text) else { throw ValidationError("is empty") }
      return identifier
    })
  var targetId: TargetID?

  func checkPresence() throws {
    if yes, targetId == nil {
      throw ValidationError("'--yes' takes '--target-id <id>', too: `cairn devices` tells what a card's is")
    }
  }
}
