#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

struct evp_pkey_st;
struct x509_st;

namespace sipcast {

struct FreePrivateKey {
  void operator()(evp_pkey_st* key) const noexcept;
};
struct FreeX509 {
  void operator()(x509_st* certificate) const noexcept;
};

/// A P-256 key and its self-signed certificate.
struct Certificate {
  std::unique_ptr<evp_pkey_st, FreePrivateKey> key;
  std::unique_ptr<x509_st, FreeX509> x509;

  /// Valid from yesterday, for ten years: nobody checks it, SDP carries the fingerprint.
  /// Errors: Internal when OpenSSL refuses.
  static Result<Certificate> make_self_signed();
};

/// "sha-256 AB:CD:..." (RFC 8122 §5); empty when OpenSSL refuses.
std::string fingerprint_of(const x509_st& certificate);
/// Whether `fingerprint` ("sha-256 AB:CD:...", also sha-1, sha-384, sha-512; letter case ignored)
/// is that of `certificate`.
bool fingerprint_matches(const x509_st& certificate, std::string_view fingerprint);

}  // namespace sipcast
