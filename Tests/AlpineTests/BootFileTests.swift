// SPDX-License-Identifier: Apache-2.0
import Alpine
import Entries
import Testing

@Suite struct BootFileTests {
  private typealias Boot = SystemSettings.BootSettings

  private func boot(
    _ configuration: [String] = [], parameters: [String] = [], serial: Bool = false
  ) -> SystemSettings.BootSettings {
    var boot = Boot()
    boot.configuration = configuration
    boot.kernelParameters = parameters
    boot.hasSerialConsole = serial
    return boot
  }

  private func line(_ content: String, _ boot: SystemSettings.BootSettings) throws(AlpineError) -> String {
    String(decoding: try BootFile.commandLine.adding(boot, to: Array(content.utf8)), as: UTF8.self)
  }

  private func configuration(_ content: String, _ boot: SystemSettings.BootSettings) throws -> String {
    String(decoding: try BootFile.userConfiguration.adding(boot, to: Array(content.utf8)), as: UTF8.self)
  }

  @Test(arguments: [
    "modules=loop,squashfs quiet console=tty1\n", "modules=loop,squashfs quiet console=tty1",
    "  modules=loop,squashfs  quiet console=tty1 \r\n\r\n",
  ])
  func `parameters stand behind the release's own, in its one line`(content: String) throws {
    #expect(
      try line(content, boot(parameters: ["a=1 b", "c"]))
        == "modules=loop,squashfs quiet console=tty1 a=1 b c\n")
    #expect(
      try line(content, boot(serial: true))
        == "modules=loop,squashfs quiet console=tty1 console=serial0,115200\n")
  }

  @Test func `a serial console that is there is not there twice`() throws {
    let console = "console=serial0,115200"
    #expect(try line("\(console) console=tty1\n", boot(serial: true)) == "\(console) console=tty1\n")
    #expect(try line("quiet\n", boot(parameters: [console], serial: true)) == "quiet \(console)\n")
  }

  @Test func `an empty line gets the parameters alone`() throws {
    #expect(try line("\n", boot(parameters: ["a"])) == "a\n")
  }

  @Test func `a second line is an error, as is one that no kernel takes`() {
    #expect(throws: AlpineError.bootFile(EntryPath("cmdline.txt"), .severalLines)) {
      try line("quiet\nconsole=tty1\n", boot(parameters: ["a"]))
    }
    #expect(throws: AlpineError.bootFile(EntryPath("cmdline.txt"), .tooLong(byteCount: 769))) {
      try line("quiet\n", boot(parameters: [String(repeating: "a", count: 763)]))
    }
    #expect(throws: Never.self) {
      try line("quiet\n", boot(parameters: [String(repeating: "a", count: 762)]))
    }
  }

  @Test func `lines of the configuration stand behind what is there, for every board`() throws {
    let lines = boot(["dtparam=audio=on", "[pi4]", "gpu_mem=16"], serial: true)
    let added = "enable_uart=1\ndtparam=audio=on\n[pi4]\ngpu_mem=16\n"
    #expect(try configuration("", lines) == added)
    #expect(try configuration("own=1", lines) == "own=1\n" + added)
    #expect(try configuration("[pi3]\nown=1\n", lines) == "[pi3]\nown=1\n[all]\n" + added)
    #expect(try configuration("[pi3]\nown=1\n[all]\n", lines) == "[pi3]\nown=1\n[all]\n" + added)
    #expect(try configuration("# [pi3]\r\nown=1\r\n", lines) == "# [pi3]\r\nown=1\r\n" + added)
  }

  @Test func `the serial line is on for every board, once`() throws {
    #expect(try configuration("", boot(["enable_uart=1"], serial: true)) == "enable_uart=1\n")
    #expect(
      try configuration("", boot(["[pi4]", "enable_uart=1"], serial: true))
        == "enable_uart=1\n[pi4]\nenable_uart=1\n")
  }

  @Test func `nothing asked for changes nothing`() throws {
    #expect(boot().isEmpty)
    for file in BootFile.allCases { #expect(!file.isChanged(by: boot())) }
    #expect(try configuration("own=1", boot()) == "own=1")
  }

  @Test func `files are known by their names in the root, however they are written`() throws {
    #expect(BootFile(EntryPath("CMDLINE.TXT")) == .commandLine)
    #expect(BootFile(EntryPath("usercfg.txt")) == .userConfiguration)
    #expect(BootFile(EntryPath("config.txt")) == nil)
    #expect(BootFile(EntryPath("boot/cmdline.txt")) == nil)
  }

  @Test(arguments: [
    "dtparam=audio=on", "[pi4]", "# a remark", "gpio=17=op,dh", "include extra.txt",
    "initramfs a followkernel",
    "dtoverlay=gpio-fan,gpiopin=14", "hdmi_mode:1=4", "[gpio4=1]",
  ])
  func `lines of config.txt are taken`(line: String) {
    var settings = SystemSettings()
    settings.boot = boot([line])
    #expect(settings.problems() == [])
  }

  @Test(arguments: [
    ("", "is no line of config.txt"), ("gpu_mem", "is no line of config.txt"),
    ("gpu_mem=", "is no line of config.txt"), ("[]", "is no line of config.txt"),
    ("a=1\nb=2", "or a line end"), ("a=\u{E9}", "something else than ASCII"),
    ("a=" + String(repeating: "b", count: 97), "longer than the 98 characters"),
  ])
  func `other lines are refused`(line: String, reason: String) throws {
    var settings = SystemSettings()
    settings.boot = boot([line])
    let problem = try #require(settings.problems().first)
    #expect(settings.problems().count == 1)
    #expect(problem.key == ["boot", "configuration", "0"])
    #expect(problem.reason.contains(reason), "\(problem)")
  }

  @Test(arguments: ["", "  ", "a\nb", "init=\"a b\"", "a='b'", "a=$(b)", "a=\u{E9}"])
  func `what is no parameter is refused`(text: String) {
    var settings = SystemSettings()
    settings.boot = boot(parameters: ["quiet", text])
    #expect(settings.problems().map(\.key) == [["boot", "kernelParameters", "1"]])
  }
}

@Suite struct CardNoteTests {
  @Test func `the note names version, release and recipe, and no time`() {
    let release = Release(version: "3.22.1", architecture: .armv7, models: [.two], packageCount: 70)
    let note = CardNote(version: "1.2.3", release: release, recipeDigest: [0xAB, 0x01])
    #expect(note.text == "cairn: 1.2.3\nrelease: Alpine Linux 3.22.1 armv7\nrecipe: sha256:ab01\n")
    let unknown = CardNote(version: "1.2.3", release: nil, recipeDigest: [0])
    #expect(unknown.text.contains("release: not recognised\n"))
  }

  @Test func `its name is its own in any case, in the root alone`() {
    #expect(CardNote.isPath(EntryPath("WRITTEN-BY.txt")))
    #expect(CardNote.isPath(EntryPath("written-by.TXT")))
    #expect(!CardNote.isPath(EntryPath("boot/WRITTEN-BY.txt")))
    #expect(!CardNote.isPath(EntryPath("WRITTEN-TO.txt")))
  }
}
