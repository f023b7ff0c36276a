// SPDX-License-Identifier: Apache-2.0
import Cairn

/// What a script may rely on.
enum ExitStatus: Int32 {
  case done = 0
  case internalError = 1
  case usage = 2
  case recipeInvalid = 3
  case refused = 4
  case source = 5
  case write = 6
  case findings = 7
  case permission = 8
  case device = 9
}
