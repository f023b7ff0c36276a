// SPDX-License-Identifier: Apache-2.0
import Foundation

/// The program as it was built beside the tests.
public let cairn = ForeignTool(
  path: URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()
    .appendingPathComponent("cairn").path)
