// SPDX-License-Identifier: Apache-2.0
import Foundation
import TestSupport
import Testing

private let mcopy = ForeignTool("mcopy")
private let fsckFAT = ForeignTool("fsck.fat")
private let tar = ForeignTool("tar")
private let sha256sum = ForeignTool("sha256sum")

/// What is added to the files of the boot partition, and what is said of them.
@Suite(.enabled(if: mcopy.isInstalled && tar.isInstalled))
struct BootFilesTests {
  private let scratch: TemporaryDirectory
  private let image: String

  init() throws {
    scratch = try TemporaryDirectory()
    image = scratch.path("card.img")
  }

  private static let commandLine = "modules=loop,squashfs,sd-mod,usb-storage quiet console=tty1"

  private func directory(_ name: String, _ files: [String: String]) throws -> String {
    for (path, text) in files {
      let url = scratch.url.appendingPathComponent("\(name)/\(path)")
      try FileManager.default.createDirectory(
        at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: url)
    }
    return scratch.path(name)
  }

  private func build(_ arguments: String...) throws -> ForeignTool.Result {
    try cairn.run(
      [
        "build", "--release", try SampleCard.shared.get().release, "-o", image, "--size", "128MiB",
        "--boot-size",
        "48MiB", "--no-sync",
      ] + arguments)
  }

  /// The sample release with other files in it, under a name of its own.
  private func release(_ name: String, _ files: [String: String?]) throws -> String {
    let root = scratch.path("release-\(name)")
    try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    let archive = scratch.path("\(name).tar.gz")
    var run = try tar.run("-xzf", try SampleCard.shared.get().release, "-C", root)
    for (path, text) in files {
      let url = URL(fileURLWithPath: "\(root)/\(path)")
      if let text { try Data(text.utf8).write(to: url) } else { try FileManager.default.removeItem(at: url) }
    }
    if run.status == 0 { run = try tar.run("-czf", archive, "-C", root, ".") }
    #expect(run.status == 0, "\(run.errors)")
    return archive
  }

  private func read(_ path: String) throws -> String {
    let copy = try mcopy.run("-n", "-i", "\(image)@@4M", "::\(path)", "-")
    return copy.status == 0 ? copy.text : "(\(copy.errors))"
  }

  private func hasFile(_ path: String) throws -> Bool {
    try mcopy.run("-n", "-i", "\(image)@@4M", "::\(path)", "-").status == 0
  }

  @Test(.enabled(if: fsckFAT.isInstalled))
  func `lines and parameters are added, and config.txt stays as it is`() throws {
    let build = try build(
      "--config", "dtparam=audio=on", "--config", "[pi4]", "--config", "gpu_mem=16", "--cmdline", "a=1 b",
      "--cmdline", "c", "--serial-console")
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    #expect(try read("cmdline.txt") == Self.commandLine + " a=1 b c console=serial0,115200\n")
    #expect(try read("usercfg.txt") == "enable_uart=1\ndtparam=audio=on\n[pi4]\ngpu_mem=16\n")
    let config = try read("config.txt")
    #expect(try tar.run("-xOzf", try SampleCard.shared.get().release, "config.txt").text == config)
    try extract(4 << 20..<52 << 20, of: image, to: scratch.path("boot"))
    #expect(try fsckFAT.run("-n", scratch.path("boot")).status == 0)
  }

  @Test func `options and the recipe's keys make the same card`() throws {
    let options = ["--config", "dtparam=audio=on", "--cmdline", "a=1", "--serial-console"]
    let first = try cairn.run(
      SampleCard.arguments(release: try SampleCard.shared.get().release, output: image) + options)
    #expect(first.status == 0, "\(first.errors)")
    let recipe = scratch.path("card.yaml")
    try """
    release: \(try SampleCard.shared.get().release)
    hostname: pi
    size: 256MiB
    boot: {size: 64MiB, config: dtparam=audio=on, cmdline: a=1, serial-console: true}

    """.write(toFile: recipe, atomically: false, encoding: .utf8)
    let second = try cairn.run("build", recipe, "-o", scratch.path("second.img"), "--no-sync")
    #expect(second.status == 0, "\(second.errors)")
    #expect(FileManager.default.contentsEqual(atPath: image, andPath: scratch.path("second.img")))
    let off = try cairn.run("build", recipe, "-o", image, "--no-sync", "--no-serial-console")
    #expect(off.status == 0, "\(off.errors)")
    #expect(try read("usercfg.txt") == "dtparam=audio=on\n")
  }

  @Test func `without them there is no usercfg.txt, and the release's line stays as it is`() throws {
    let build = try build()
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    #expect(try !hasFile("usercfg.txt"))
    #expect(try read("cmdline.txt") == Self.commandLine + "\n")
  }

  @Test func `a usercfg.txt that is brought is kept, and added to`() throws {
    let more = try directory("more", ["usercfg.txt": "[pi3]\ngpu_mem=64"])
    let build = try build("--boot", more, "--config", "dtparam=audio=on")
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    #expect(try read("usercfg.txt") == "[pi3]\ngpu_mem=64\n[all]\ndtparam=audio=on\n")
    let plain = try self.build("--boot", more)
    #expect(plain.status == 0, "\(plain.errors)")
    #expect(try read("usercfg.txt") == "[pi3]\ngpu_mem=64")
  }

  @Test func `a config.txt that doesn't include usercfg.txt is warned of`() throws {
    let config = "kernel=boot/vmlinuz-rpi\ninitramfs boot/initramfs-rpi\n# include usercfg.txt\n"
    let other = try release("other", ["config.txt": config])
    let build = try build("--release", other, "--config", "dtparam=audio=on")
    #expect(build.status == 0)
    #expect(
      build.errors.contains("warning: boot partition: config.txt doesn't include usercfg.txt"),
      "\(build.errors)")
    #expect(try read("config.txt") == config)
    #expect(try self.build("--release", other, "--cmdline", "quiet").errors.isEmpty)
  }

  @Test func `a line that can't be added to is an error, and nothing is left`() throws {
    let cases: [(name: String, text: String?, status: Int32, part: String)] = [
      ("two", "quiet\nconsole=tty1\n", 5, "boot partition: cmdline.txt: has more than one line"),
      ("large", String(repeating: "a", count: 65_537), 5, "cmdline.txt: has 65537 bytes"),
      ("long", String(repeating: "a", count: 768), 3, "cmdline.txt: would have 770 characters"),
      ("none", nil, 5, "cmdline.txt: is not among the boot files"),
    ]
    for (name, text, status, part) in cases {
      let other = try release(name, ["cmdline.txt": text])
      let build = try build("--release", other, "--allow", "unknown-release", "--cmdline", "b")
      #expect(build.status == status, "\(name): \(build.errors)")
      #expect(build.errors.contains(part), "\(build.errors)")
      #expect(!FileManager.default.fileExists(atPath: image))
    }
  }

  @Test func `nothing is added to what is no Alpine system`() throws {
    let files = try directory("board", ["config.txt": "", "WRITTEN-BY.txt": "me"])
    func build(_ arguments: String...) throws -> ForeignTool.Result {
      try cairn.run(
        ["build", "--boot", files, "-o", image, "--size", "128MiB", "--boot-size", "48MiB"] + arguments)
    }
    let refused = try build("--config", "a=b")
    #expect(refused.status == 2)
    #expect(refused.errors.hasPrefix("cairn: '--config' is for an Alpine system"), "\(refused.errors)")
    let recipe = scratch.path("card.yaml")
    try "boot: {cmdline: a=b}\n".write(toFile: recipe, atomically: false, encoding: .utf8)
    #expect(try build(recipe).status == 2)
    #expect(!FileManager.default.fileExists(atPath: image))
    #expect(try build("--no-sync").status == 0)
    #expect(try read("WRITTEN-BY.txt") == "me")
  }

  // The card's note.

  @Test(.enabled(if: sha256sum.isInstalled))
  func `the card says who made it from what, and an older note gives way`() throws {
    let more = try directory("more", ["written-by.txt": "cairn: 0.0.1\n"])
    let build = try build("--boot", more)
    #expect(build.status == 0 && build.errors.isEmpty, "\(build.errors)")
    // The canonical text of this recipe, as it is documented.
    let canonical = "bootSize: 50331648\nhostname: alpine\nsize: 134217728\n"
    let digest = try sha256sum.run("-", input: Data(canonical.utf8)).text.prefix(64)
    let version = try cairn.run("--version").text.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(
      try read("WRITTEN-BY.txt")
        == "cairn: \(version)\nrelease: Alpine Linux (sample) 3.19.0 aarch64\nrecipe: sha256:\(digest)\n")
  }

  // What is said of the content.

  @Test func `an apkovl in the release is pointed out`() throws {
    let other = try release("own", ["rpi.apkovl.tar.gz": "x"])
    let build = try build("--release", other)
    #expect(build.status == 0)
    #expect(
      build.errors.hasPrefix("cairn: warning: boot partition: rpi.apkovl.tar.gz is an apkovl"),
      "\(build.errors)")
    #expect(try self.build("--release", other, "--no-data").errors.isEmpty)
    let json = try self.build("--release", other, "--json").text
    #expect(json.contains("rpi.apkovl.tar.gz is an apkovl"))
  }

  @Test func `two apkovls on the data partition are pointed out, and settings that none of them has`() throws
  {
    let data = try directory(
      "data", ["a.apkovl.tar.gz": "x", "b.apkovl.tar.gz": "x", "c/c.apkovl.tar.gz": "x"])
    let two = try build("--data", data)
    #expect(two.status == 0)
    #expect(two.errors.contains("a.apkovl.tar.gz, b.apkovl.tar.gz are several apkovls"), "\(two.errors)")
    let one = try directory("one", ["a.apkovl.tar.gz": "x"])
    #expect(try build("--data", one).errors.isEmpty)
    let unused = try build("--data", one, "--timezone", "Europe/Vienna")
    #expect(unused.status == 0)
    #expect(unused.errors.contains("a.apkovl.tar.gz is taken as it was brought"), "\(unused.errors)")
  }

  @Test func `files that a persistent directory would hide are pointed out`() throws {
    let files = try directory("files", ["srv/www/index.html": "x", "srv/www/style.css": "y", "opt/a": "z"])
    let hidden = try build("--overlay", files, "--persist", "/srv:bind")
    #expect(hidden.status == 0)
    #expect(
      hidden.errors.contains("persistent directory /srv: is mounted over srv/www/index.html and 1 more"),
      "\(hidden.errors)")
    #expect(try build("--overlay", files, "--persist", "/srv:overlay").errors.isEmpty)
    #expect(try build("--overlay", files, "--persist", "/var/log").errors.isEmpty)
  }
}
