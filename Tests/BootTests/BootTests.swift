// SPDX-License-Identifier: Apache-2.0
import TestSupport
import Testing

/// Cards that boot, on request: with a genuine release's packages, its own init, and an arm64 kernel, in qemu.
///
/// ```sh
/// apt-get install qemu-system-arm squashfs-tools mtools cpio openssh-client openssl
/// git clone https://gitlab.alpinelinux.org/alpine/mkinitfs new
/// git clone --branch 3.5.0 new old  # what fits the release, here 3.13's
/// CAIRN_TEST_RELEASE=release.tar.gz CAIRN_TEST_MKINITFS=$PWD/old:$PWD/new swift test --filter BootTests
/// ```
///
/// The release is an alpine-rpi tarball in which boot/vmlinuz-rpi and the modules in boot/modloop-rpi are those of
/// Debian's linux-image-arm64. The Pi's own kernel knows no machine of qemu's. Of several checkouts of mkinitfs the first
/// one boots every card, the others one that has everything.
///
/// One machine at a time: all of a computer is just enough for one.
@Suite(
  .serialized,
  .enabled(
    if: VirtualPi.isPossible,
    "needs CAIRN_TEST_RELEASE, CAIRN_TEST_MKINITFS, qemu-system-aarch64, unsquashfs, mtools, cpio, ssh-keygen, openssl"
  ))
struct BootTests {
  let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }
}
