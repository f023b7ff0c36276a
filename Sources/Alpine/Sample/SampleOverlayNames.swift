// SPDX-License-Identifier: Apache-2.0

/// Names as the device tree overlays of the Pi's kernel have them: long, hyphenated and some three hundred.
enum SampleOverlayNames {
  static let all = buses + boards + sound + cameras + displays

  private static let buses =
    product(["i2c"], ["0", "1", "3", "4", "5", "6", "0-pi5", "1-pi5", "2-pi5", "3-pi5"])
    + product(["i2c-"], ["fan", "gpio", "mux", "pwm-pca9685a", "rtc", "rtc-gpio", "sensor"])
    + product(["spi0-", "spi1-", "spi2-", "spi3-", "spi4-", "spi5-", "spi6-"], ["0cs", "1cs", "2cs", "3cs"])
    + product(["spi0", "spi2", "spi3", "spi5"], ["-1cs-pi5", "-2cs-pi5"])
    + product(["uart"], ["0", "1", "2", "3", "4", "5", "0-pi5", "1-pi5", "2-pi5", "3-pi5", "4-pi5"])
    + product(["midi-uart"], ["0", "1", "2", "3", "4", "5"])
    + product(["sc16is750-", "sc16is752-"], ["i2c", "spi0", "spi1"])

  private static let boards =
    product(
      ["gpio-"], ["charger", "fan", "hog", "ir", "ir-tx", "key", "led", "no-irq", "poweroff", "shutdown"])
    + product(["mcp2515-can", "seeed-can-fd-hat-v"], ["0", "1", "2"])
    + product(["adafruit", "sainsmart"], ["18", "-st7735r", "35"])
    + product(["ads", "mcp", "max"], ["1015", "1115", "3008", "3202", "342x", "23017", "23s17", "98357a"])
    + product(["bmp", "sht", "si"], ["085", "180", "280", "3x", "7020"])
    + product(
      ["rpi-", "pimidi-"], ["backlight", "codeczero", "display", "ft5406", "poe", "poe-plus", "sense"])
    + product(["w1-gpio"], ["", "-pi5", "-pullup", "-pullup-pi5"])
    + product(
      ["disable-", "enable-", "upstream-", "pwm-"], ["bt", "bt-pi5", "emmc2", "pi4", "wifi", "wifi-pi5"])

  private static let sound = product(
    ["allo-", "audioinjector-", "dionaudio-", "hifiberry-", "iqaudio-", "justboom-", "merus-"],
    [
      "amp", "dac", "dacplus", "dacplusadcpro", "digi", "digi-pro", "katana-dac-audio",
      "piano-dac-pcm512x-audio",
    ])

  private static let cameras = product(
    [
      "imx219", "imx290", "imx296", "imx378", "imx477", "imx500", "imx519", "imx708", "ov5647", "ov64a40",
      "ov7251",
    ],
    ["", "-pi5", "-vcm"])

  private static let displays =
    product(["vc4-kms-v3d", "vc4-fkms-v3d"], ["", "-pi4", "-pi5"])
    + product(
      ["vc4-kms-dsi-", "vc4-kms-dpi-"],
      [
        "5inch", "7inch", "8inch", "generic", "lt070me05000-v2", "panel", "waveshare-800x480",
        "waveshare-panel",
      ])
    + product(
      ["pitft", "piscreen", "waveshare"], ["22", "28-capacitive", "28-resistive", "35-resistive", "35a"])

  private static func product(_ beginnings: [String], _ ends: [String]) -> [String] {
    beginnings.flatMap { beginning in ends.map { beginning + $0 } }
  }
}
