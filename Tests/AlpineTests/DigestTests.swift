// SPDX-License-Identifier: Apache-2.0
import Alpine
import Testing

/// Messages and digests of NIST's examples for FIPS 180-4.
@Suite struct DigestTests {
  @Test(arguments: [
    ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
    ),
  ])
  func `SHA-1 of the examples`(message: String, digest: String) {
    #expect(Digest.sha1(Array(message.utf8)).hexadecimal == digest)
  }

  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 of the examples`(message: String, digest: String) {
    #expect(Digest.sha256(Array(message.utf8)).hexadecimal == digest)
  }

  @Test func `a million times a, in pieces`() {
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)
    var sha1 = DigestStream(.sha1)
    var sha256 = DigestStream(.sha256)
    for _ in 0..<1000 {
      sha1.update(piece.span.bytes)
      sha256.update(piece.span.bytes)
    }
    #expect(sha1.finish().hexadecimal == "34aa973cd4c4daa4f61eeb2bdbad27316534016f")
    #expect(sha256.finish().hexadecimal == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }
}
