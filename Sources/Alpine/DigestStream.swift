// SPDX-License-Identifier: Apache-2.0
internal import CCrypto

/// Sole owner of an `EVP_MD_CTX`: a digest of bytes that come one piece after the other.
///
/// libcrypto's default provider and its FIPS one have both algorithms, so that only a lack of memory can fail.
@safe
public struct DigestStream: ~Copyable {
  private let raw: OpaquePointer
  private let byteCount: Int

  public init(_ digest: Digest) {
    guard let raw = unsafe EVP_MD_CTX_new() else { preconditionFailure("out of memory for a digest") }
    let algorithm = unsafe digest.algorithm
    let status = unsafe EVP_DigestInit_ex(raw, algorithm, nil)
    precondition(status == 1, "libcrypto lacks \(digest)")
    unsafe self.raw = raw
    byteCount = Int(unsafe EVP_MD_get_size(algorithm))
  }

  deinit { unsafe EVP_MD_CTX_free(raw) }

  public mutating func update(_ bytes: RawSpan) {
    let status = unsafe bytes.withUnsafeBytes { unsafe EVP_DigestUpdate(raw, $0.baseAddress, $0.count) }
    precondition(status == 1, "libcrypto refused bytes to digest")
  }

  /// The digest of all that came.
  public consuming func finish() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: byteCount)
    let status = unsafe EVP_DigestFinal_ex(raw, &digest, nil)
    precondition(status == 1, "libcrypto could not finish a digest")
    return digest
  }
}

extension Digest {
  @unsafe fileprivate var algorithm: OpaquePointer? {
    switch self {
    case .sha1: unsafe EVP_sha1()
    case .sha256: unsafe EVP_sha256()
    }
  }
}
