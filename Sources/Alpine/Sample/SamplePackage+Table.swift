// SPDX-License-Identifier: Apache-2.0

extension SamplePackage {
  /// In the order of their names. Whatever the overlay's default world needs is among them, and the scripts of the
  /// services that it starts.
  static let all = (base + libraries + network + tools).sorted { $0.name < $1.name }

  private static let libc = "so:libc.musl-ARCH.so.1"

  private static let base = [
    SamplePackage(
      name: "alpine-base", version: "3.19.0-r0", byteCount: 1_400,
      depends: [
        "alpine-baselayout", "alpine-conf", "alpine-release", "apk-tools", "busybox", "busybox-mdev-openrc",
        "busybox-openrc", "busybox-suid", "libc-utils", "openrc",
      ]),
    SamplePackage(
      name: "alpine-baselayout", version: "3.4.3-r2", byteCount: 9_000,
      depends: ["alpine-baselayout-data=3.4.3-r2", "/bin/sh", libc], provides: ["cmd:mkmntdirs=3.4.3-r2"]),
    SamplePackage(name: "alpine-baselayout-data", version: "3.4.3-r2", byteCount: 12_000),
    SamplePackage(
      name: "alpine-conf", version: "3.17.1-r0", byteCount: 52_000,
      depends: ["busybox>=1.26.1-r3", "openrc>=0.24.1-r6", libc],
      provides: ["cmd:lbu=3.17.1-r0", "cmd:setup-alpine=3.17.1-r0"]),
    SamplePackage(name: "alpine-keys", version: "2.4-r1", byteCount: 13_000),
    SamplePackage(name: "alpine-release", version: "3.19.0-r0", byteCount: 1_200, depends: ["alpine-keys"]),
    SamplePackage(
      name: "apk-tools", version: "2.14.0-r5", byteCount: 120_000,
      depends: [
        "ca-certificates-bundle", "musl>=1.2.3", libc, "so:libcrypto.so.3", "so:libssl.so.3", "so:libz.so.1",
      ],
      provides: ["so:libapk.so.2.14.0=2.14.0", "cmd:apk=2.14.0-r5"]),
    SamplePackage(
      name: "busybox", version: "1.36.1-r15", byteCount: 505_000, depends: [libc],
      provides: ["cmd:busybox=1.36.1-r15"]),
    SamplePackage(
      name: "busybox-binsh", version: "1.36.1-r15", byteCount: 1_600, depends: ["busybox=1.36.1-r15"],
      provides: ["/bin/sh", "cmd:sh=1.36.1-r15"], providerPriority: 60),
    SamplePackage(
      name: "busybox-mdev-openrc", version: "1.36.1-r15", byteCount: 1_900, depends: ["busybox", "openrc"],
      services: ["mdev"]),
    SamplePackage(
      name: "busybox-openrc", version: "1.36.1-r15", byteCount: 2_600, depends: ["busybox", "openrc"],
      services: ["acpid", "crond", "ntpd", "syslog"]),
    SamplePackage(
      name: "busybox-suid", version: "1.36.1-r15", byteCount: 3_900, depends: ["busybox=1.36.1-r15", libc]),
    SamplePackage(
      name: "ifupdown-ng", version: "0.12.1-r4", byteCount: 33_000, depends: [libc],
      provides: ["ifupdown-any", "cmd:ifup=0.12.1-r4"], providerPriority: 900),
    SamplePackage(name: "libc-utils", version: "0.7.2-r5", byteCount: 1_200, depends: ["musl-utils"]),
    SamplePackage(
      name: "musl", version: "1.2.4_git20230717-r4", byteCount: 405_000,
      provides: ["so:libc.musl-ARCH.so.1=1"]),
    SamplePackage(
      name: "musl-utils", version: "1.2.4_git20230717-r4", byteCount: 37_000, depends: ["scanelf", libc],
      provides: ["cmd:ldd=1.2.4_git20230717-r4"]),
    SamplePackage(
      name: "openrc", version: "0.52.1-r1", byteCount: 260_000, depends: ["ifupdown-any", "/bin/sh", libc],
      provides: ["so:libeinfo.so.1=1", "so:librc.so.1=1", "cmd:rc-update=0.52.1-r1"],
      services: [
        "bootmisc", "devfs", "dmesg", "firstboot", "hostname", "hwclock", "hwdrivers", "killprocs",
        "localmount",
        "modloop", "modules", "mount-ro", "networking", "savecache", "seedrng", "swclock", "sysctl",
      ]),
    SamplePackage(
      name: "scanelf", version: "1.3.7-r2", byteCount: 36_000, depends: [libc],
      provides: ["cmd:scanelf=1.3.7-r2"]),
  ]

  private static let libraries = [
    SamplePackage(name: "ca-certificates-bundle", version: "20230506-r0", byteCount: 124_000),
    SamplePackage(
      name: "libblkid", version: "2.39.3-r0", byteCount: 125_000, depends: [libc],
      provides: ["so:libblkid.so.1=1.1.0"]),
    SamplePackage(
      name: "libcap2", version: "2.69-r1", byteCount: 18_000, depends: [libc],
      provides: ["so:libcap.so.2=2.69"]),
    SamplePackage(
      name: "libcom_err", version: "1.47.0-r5", byteCount: 7_000, depends: [libc],
      provides: ["so:libcom_err.so.2=2.1"]),
    SamplePackage(
      name: "libcrypto3", version: "3.1.4-r2", byteCount: 1_720_000, depends: [libc],
      provides: ["so:libcrypto.so.3=3"]),
    SamplePackage(
      name: "libedit", version: "20230828.3.1-r3", byteCount: 79_000, depends: [libc, "so:libncursesw.so.6"],
      provides: ["so:libedit.so.0=0.0.72"]),
    SamplePackage(
      name: "libncursesw", version: "6.4_p20231125-r0", byteCount: 124_000,
      depends: ["ncurses-terminfo-base", libc], provides: ["so:libncursesw.so.6=6.4"]),
    SamplePackage(
      name: "libseccomp", version: "2.5.5-r0", byteCount: 71_000, depends: [libc],
      provides: ["so:libseccomp.so.2=2.5.5"]),
    SamplePackage(
      name: "libssl3", version: "3.1.4-r2", byteCount: 247_000, depends: [libc, "so:libcrypto.so.3"],
      provides: ["so:libssl.so.3=3"]),
    SamplePackage(
      name: "libuuid", version: "2.39.3-r0", byteCount: 16_000, depends: [libc],
      provides: ["so:libuuid.so.1=1.3.0"]),
    SamplePackage(name: "ncurses-terminfo-base", version: "6.4_p20231125-r0", byteCount: 21_000),
    SamplePackage(
      name: "zlib", version: "1.3.1-r0", byteCount: 53_000, depends: [libc], provides: ["so:libz.so.1=1.3.1"]),
  ]

  private static let network = [
    SamplePackage(
      name: "chrony", version: "4.5-r0", byteCount: 168_000,
      depends: [libc, "so:libcap.so.2", "so:libseccomp.so.2"], provides: ["cmd:chronyd=4.5-r0"]),
    SamplePackage(
      name: "chrony-openrc", version: "4.5-r0", byteCount: 3_100, installIf: ["chrony=4.5-r0", "openrc"],
      services: ["chronyd"]),
    SamplePackage(
      name: "openssh", version: "9.6_p1-r0", byteCount: 190_000,
      depends: ["openssh-client", "openssh-server", "openssh-sftp-server", libc]),
    SamplePackage(
      name: "openssh-client-common", version: "9.6_p1-r0", byteCount: 980_000,
      depends: ["openssh-keygen=9.6_p1-r0", libc, "so:libcrypto.so.3"]),
    SamplePackage(
      name: "openssh-client-default", version: "9.6_p1-r0", byteCount: 330_000,
      depends: [
        "openssh-client-common=9.6_p1-r0", libc, "so:libcrypto.so.3", "so:libedit.so.0", "so:libz.so.1",
      ],
      provides: ["openssh-client=9.6_p1-r0", "cmd:ssh=9.6_p1-r0"]),
    SamplePackage(
      name: "openssh-keygen", version: "9.6_p1-r0", byteCount: 190_000, depends: [libc, "so:libcrypto.so.3"],
      provides: ["cmd:ssh-keygen=9.6_p1-r0"]),
    SamplePackage(
      name: "openssh-server", version: "9.6_p1-r0", byteCount: 340_000,
      depends: ["openssh-keygen", "openssh-server-common", libc, "so:libcrypto.so.3", "so:libz.so.1"],
      provides: ["cmd:sshd=9.6_p1-r0"]),
    SamplePackage(name: "openssh-server-common", version: "9.6_p1-r0", byteCount: 6_000),
    SamplePackage(
      name: "openssh-server-common-openrc", version: "9.6_p1-r0", byteCount: 2_900,
      installIf: ["openrc", "openssh-server-common=9.6_p1-r0"], services: ["sshd"]),
    SamplePackage(
      name: "openssh-sftp-server", version: "9.6_p1-r0", byteCount: 46_000, depends: [libc],
      provides: ["cmd:sftp-server=9.6_p1-r0"]),
    SamplePackage(
      name: "wpa_supplicant", version: "2.10-r10", byteCount: 1_450_000,
      depends: [libc, "so:libcrypto.so.3", "so:libssl.so.3"]),
    SamplePackage(
      name: "wpa_supplicant-openrc", version: "2.10-r10", byteCount: 2_600,
      installIf: ["openrc", "wpa_supplicant=2.10-r10"], services: ["wpa_cli", "wpa_supplicant"]),
  ]

  private static let tools = [
    SamplePackage(
      name: "e2fsprogs", version: "1.47.0-r5", byteCount: 190_000,
      depends: [
        "e2fsprogs-libs", libc, "so:libblkid.so.1", "so:libcom_err.so.2", "so:libext2fs.so.2",
        "so:libuuid.so.1",
      ], provides: ["cmd:e2fsck=1.47.0-r5"]),
    SamplePackage(
      name: "e2fsprogs-libs", version: "1.47.0-r5", byteCount: 195_000,
      depends: [libc, "so:libcom_err.so.2"],
      provides: ["so:libe2p.so.2=2.3", "so:libext2fs.so.2=2.4"]),
    SamplePackage(name: "kbd-bkeymaps", version: "2.6.4-r0", byteCount: 760_000, provides: ["bkeymaps"]),
    SamplePackage(
      name: "openssl", version: "3.1.4-r2", byteCount: 320_000,
      depends: [libc, "so:libcrypto.so.3", "so:libssl.so.3"], provides: ["cmd:openssl=3.1.4-r2"]),
    SamplePackage(name: "tzdata", version: "2023d-r0", byteCount: 430_000),
  ]
}
