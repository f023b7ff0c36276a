// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Foundation
import TestSupport
import Testing

/// The script that fetches packages, in a directory that stands for the Pi's root, with stand-ins for apk and OpenRC.
@Suite(.enabled(if: ForeignTool("sh").isInstalled)) struct FirstPackagesTests {
  private let scratch: TemporaryDirectory

  init() throws {
    scratch = try TemporaryDirectory()
    for path in ["etc/init.d", "etc/runlevels/boot", "etc/runlevels/default", "bin"] {
      try FileManager.default.createDirectory(
        atPath: scratch.path(path), withIntermediateDirectories: true)
    }
    for service in ["docker", "sshd", "nowhere", "cairn-first-packages", "cairn-first-commit"] {
      try FileManager.default.createSymbolicLink(
        atPath: scratch.path("etc/runlevels/default/\(service)"),
        withDestinationPath: scratch.path("etc/init.d/\(service)"))
    }
    for service in ["sshd", "cairn-first-packages", "cairn-first-commit"] {
      try write("etc/init.d/\(service)", "")
    }
    for command in ["rc-update", "rc-service"] { try write("bin/\(command)", "echo \(command) $* >>\(log)") }
  }

  private var log: String { scratch.path("log") }

  private func write(_ path: String, _ text: String) throws {
    try "#!/bin/sh\n\(text)\n".write(toFile: scratch.path(path), atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path(path))
  }

  private func script(commits: Bool) throws -> String {
    var settings = SystemSettings()
    settings.isOnlineAtFirstBoot = true
    settings.lbu.commitsFirstBoot = commits
    var recorder = Recorder()
    Overlay(
      hostname: .default, dataPartitionUUID: "", release: nil, settings: settings, time: Timestamp(seconds: 0)
    ).write(to: &recorder)
    let name = commits ? "cairn-first-commit" : "cairn-first-packages"
    let services = recorder.listing.filter { $0.contains("etc/runlevels/default/cairn-") }
    #expect(services == ["l 777 0:0 etc/runlevels/default/\(name) -> /etc/init.d/\(name)"])
    #expect(recorder.listing.filter { $0.contains("etc/init.d/") && $0.hasPrefix("f") }.count == 1)
    return try #require(recorder.text(try EntryPath("etc/init.d/\(name)".utf8)))
  }

  /// What `start` ends with, and what was called.
  private func start(commits: Bool = false, apk: String) throws -> (status: Int32, calls: [String]) {
    try write("bin/apk", "echo apk $* >>\(log)\n\(apk)")
    let body = try script(commits: commits).replacingOccurrences(of: "/etc/", with: "\(scratch.path)/etc/")
      .replacingOccurrences(of: "\ncommit() {", with: "\ncommit() {\n\techo commit >>\(log); return 0\n")
    let stubs = "ebegin() { :; }\nsleep() { echo sleep >>\(log); }\neend() { return $1; }\n"
    try write("script", "\(stubs)\(body)\nstart")
    let searched = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let status = try ForeignTool("sh").run(
      [scratch.path("script")], environment: ["PATH": "\(scratch.path("bin")):\(searched)"]
    ).status
    let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
    return (status, text.split(separator: "\n").map(String.init))
  }

  @Test(arguments: ["sh", "busybox", "dash", "bash"], [true, false])
  func `shells find no fault with it`(shell: String, commits: Bool) throws {
    guard ForeignTool(shell).isInstalled else { return }
    let arguments = (shell == "busybox" ? ["sh"] : []) + ["-n"]
    let result = try ForeignTool(shell).run(arguments, input: Data(try script(commits: commits).utf8))
    #expect(result.status == 0 && result.errors == "", "\(result.errors)")
  }

  @Test func `a system that has all its packages fetches none`() throws {
    let (status, calls) = try start(apk: "exit 0")
    #expect(status == 0)
    #expect(calls == ["apk add --quiet --no-network"])
  }

  @Test func `packages are fetched, and services whose scripts came with them start`() throws {
    let arrival = "case $* in *--no-network*) exit 1;; esac\ntouch \(scratch.path("etc/init.d/docker"))\n"
    let (status, calls) = try start(
      apk: arrival + "chmod 755 \(scratch.path("etc/init.d/docker"))")
    #expect(status == 0)
    #expect(
      calls == [
        "apk add --quiet --no-network", "apk add --quiet", "rc-update --update", "rc-service docker start",
      ])
  }

  @Test func `an address that comes late is waited for`() throws {
    let (status, calls) = try start(
      apk: "case $* in *--no-network*) exit 1;; esac\n[ $(grep -c sleep \(log)) = 2 ]")
    #expect(status == 0)
    #expect(calls.count(where: { $0 == "sleep" }) == 2)
  }

  @Test(arguments: [true, false]) func `without packages nothing is committed, and the next boot tries again`(
    commits: Bool
  ) throws {
    let (status, calls) = try start(commits: commits, apk: "exit 1")
    #expect(status != 0)
    #expect(calls.count(where: { $0 == "apk add --quiet" }) == 6)
    #expect(!calls.contains("commit") && !calls.contains { $0.hasPrefix("rc-") })
  }

  @Test func `what packages brought is committed`() throws {
    let (status, calls) = try start(commits: true, apk: "exit 0")
    #expect(status == 0)
    #expect(calls.last == "commit")
  }
}
