// SPDX-License-Identifier: Apache-2.0

extension SystemSettings {
  /// What the Pi's firmware and the kernel are told besides what the release tells them.
  ///
  /// config.txt stays as it is: it is the release's, and says so. It includes usercfg.txt, which is the user's.
  ///
  /// Source: aports, scripts/mkimg.arm.sh; Raspberry Pi documentation, "config.txt" and "Kernel command line".
  public struct BootSettings: Equatable, Sendable {
    /// Lines for the end of usercfg.txt, such as "dtparam=audio=on"; after a filter ("[pi4]") they are for some boards
    /// only.
    public var configuration: [String] = []
    /// For the end of the one line of cmdline.txt, such as "cgroup_enable=memory". One text may have several, with
    /// blanks between them.
    public var kernelParameters: [String] = []
    /// Whether the boot's messages and a login are on the serial line of the 40 pins, too, at 115,200 bits a second.
    ///
    /// It is the last console, so that OpenRC and init's emergency shell speak there and no longer on the screen; a
    /// login is on both. Nothing in etc/inittab is needed: init adds a line for each console that the kernel has. By the
    /// name of serial0 the firmware puts in the one that the board has, ttyAMA0, ttyS0 or ttyAMA10.
    ///
    /// Source: mkinitfs, initramfs-init, setup_inittab_console; Raspberry Pi documentation, "UARTs".
    public var hasSerialConsole = false

    public init() {}

    /// Whether the boot files stay as the inputs bring them.
    public var isEmpty: Bool { configuration.isEmpty && kernelParameters.isEmpty && !hasSerialConsole }

    /// Lines for usercfg.txt: what every board needs stands before the first filter.
    var configurationLines: [String] {
      let isThere = configuration.prefix { !$0.hasPrefix("[") }.contains("enable_uart=1")
      return (hasSerialConsole && !isThere ? ["enable_uart=1"] : []) + configuration
    }

    /// Each parameter by itself.
    var kernelWords: [String] {
      let words = kernelParameters.flatMap { $0.split(separator: " ").map(String.init) }
      return hasSerialConsole && !words.contains(Self.serialConsole) ? words + [Self.serialConsole] : words
    }

    static let serialConsole = "console=serial0,115200"
  }
}

// MARK: What can't be

extension SystemSettings {
  func checkBoot(_ check: inout SettingCheck) {
    if boot.hasSerialConsole, let index = boot.configuration.firstIndex(of: "enable_uart=0") {
      check.add(
        ["boot", "configuration", "\(index)"], "takes the serial line away that the serial console needs")
    }
    for (index, line) in boot.configuration.enumerated() {
      if let reason = BootSettings.problem(ofConfiguration: line) {
        check.add(["boot", "configuration", "\(index)"], reason)
      }
    }
    for (index, words) in boot.kernelParameters.enumerated() {
      if let reason = BootSettings.problem(ofParameters: words) {
        check.add(["boot", "kernelParameters", "\(index)"], reason)
      }
    }
  }
}

extension SystemSettings.BootSettings {
  /// Bytes of a line that the firmware reads; it passes over the rest.
  ///
  /// Source: Raspberry Pi documentation, "config.txt", "File format".
  static let longestConfigurationLine = 98

  /// Source: Raspberry Pi documentation, "config.txt", "Conditional filters", "include", "initramfs".
  fileprivate static func problem(ofConfiguration line: String) -> String? {
    guard line.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      return "\(line.quoted) has something else than ASCII in it, or a line end; give one plain line"
    }
    guard line.utf8.count <= longestConfigurationLine else {
      return
        "\(line.quoted) is longer than the \(longestConfigurationLine) characters that the firmware reads"
    }
    let isFilter = line.hasPrefix("[") && line.hasSuffix("]") && line.utf8.count > 2
    let name = String(line.prefix { $0 != "=" && $0 != " " })
    let isSetting = name.isMadeOfLettersAndDigits(or: "_:.-") && line.dropFirst(name.count).count > 1
    let takesFile = ["include", "initramfs"].contains(name)
    if isFilter || line.hasPrefix("#") || isSetting && (line.dropFirst(name.count).first == "=" || takesFile)
    {
      return nil
    }
    return
      "\(line.quoted) is no line of config.txt; one is like \"dtparam=audio=on\", \"gpu_mem=16\" or \"[pi4]\""
  }

  /// A quoted blank would end the parameter: init splits the line at each.
  ///
  /// Source: mkinitfs, initramfs-init.
  fileprivate static func problem(ofParameters text: String) -> String? {
    let words = text.split(separator: " ")
    guard !words.isEmpty, text.utf8.allSatisfy({ (0x20..<0x7F).contains($0) }) else {
      return "\(text.quoted) is no kernel parameter; one is like \"cgroup_enable=memory\", in plain ASCII"
    }
    guard !text.utf8.contains(where: { "\"'`\\$".utf8.contains($0) }) else {
      return "\(text.quoted) has a quote, \"\\\" or \"$\" in it, which init's shell would take for its own"
    }
    return nil
  }
}
