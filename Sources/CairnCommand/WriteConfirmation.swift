// SPDX-License-Identifier: Apache-2.0
import Cairn
import Foundation

/// What a person is asked before a card is written: what it is, what is on it, and its name, typed.
struct WriteConfirmation {
  let device: OpenDevice
  let contents: DiskContents
  /// What will be written instead; nil where that can't be known.
  let replacement: String?

  /// - Throws: `Failure` unless the name comes, and where the card was changed meanwhile.
  func ask() throws {
    guard isatty(STDIN_FILENO) == 1 else {
      throw Failure(
        message:
          "\(path): nobody can be asked, as standard input is no terminal; say --yes and --target-id \(identifier)",
        exitCode: ExitStatus.refused.rawValue)
    }
    Terminal.standardError(text + "Type \(name) to go on: ")
    guard let answer = readLine(), answer.trimmingCharacters(in: .whitespaces) == name else {
      throw Failure(message: "not confirmed; the card is as it was", exitCode: ExitStatus.refused.rawValue)
    }
    do { try device.checkIdentity() } catch { throw Failure(error) }
  }

  private var path: String { device.target.path.printable }
  /// "sdb" of "/dev/sdb".
  private var name: String { path.split(separator: "/").last.map(String.init) ?? path }

  private var identifier: String {
    let identity = device.identity
    return (identity.serial ?? identity.cardID ?? "\(identity.byteCount)").quotedForShell
  }

  var text: String {
    var lines = ["\(path): \(device.target.words), holds \(holding)"]
    lines += contents.partitions.map(line)
    lines.append("All of it will be lost\(replacement.map { ": \($0)" } ?? "").")
    return lines.map { $0 + "\n" }.joined()
  }

  private var holding: String {
    if contents.isBlank { return "nothing that is known" }
    let signatures = contents.signatures.map(words).joined(separator: ", ")
    guard let table = contents.tableType else { return signatures }
    let count = contents.partitions.count
    return "\(count) partition\(count == 1 ? "" : "s") (\(table == "dos" ? "MBR" : table.uppercased()))"
  }

  private func line(_ partition: DiskContents.Partition) -> String {
    let size = ByteSize(byteCount: partition.range.upperBound - partition.range.lowerBound).rounded
    let content = partition.signatures.map(words).joined(separator: ", ")
    let name = partition.name.map { " \"\($0)\"" } ?? ""
    return "  \(partition.number)  \(size)\(name)  \(content.isEmpty ? "nothing that is known" : content)"
  }

  private func words(_ signature: DiskContents.Signature) -> String {
    signature.type + (signature.label.map { " \"\($0)\"" } ?? "")
  }
}

extension WriteTarget {
  /// What and how large it is: "SanDisk Ultra, usb, 29.7 GiB, serial 4C5300".
  var words: String {
    let size = ByteSize(byteCount: identity.byteCount).rounded
    guard case .device(let device) = self else { return "a file of \(size)" }
    let name = [device.vendor, device.model].compactMap(\.self).joined(separator: " ")
    let parts = [
      name.isEmpty ? nil : name, device.bus.rawValue, size, device.serial.map { "serial \($0)" },
      device.cardID.map { "CID \($0)" },
    ]
    return parts.compactMap(\.self).joined(separator: ", ")
  }
}
