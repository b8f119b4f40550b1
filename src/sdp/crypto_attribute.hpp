#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::sdp {

/// The crypto suites of RFC 4568 §6.2 that we speak: AES_CM_128_HMAC_SHA1_80 and _32.
enum class SrtpSuite : uint8_t { Sha1_80, Sha1_32 };

/// Master key and salt of one direction. Secret: to_text() is the only way out.
struct SdesKey {
  SrtpSuite suite = SrtpSuite::Sha1_80;
  std::array<uint8_t, 16> key{};
  std::array<uint8_t, 14> salt{};
  friend bool operator==(const SdesKey&, const SdesKey&) = default;
};

/// "1 AES_CM_128_HMAC_SHA1_80 inline:..." (RFC 4568 §9.1).
struct CryptoAttribute {
  uint32_t tag = 1;  ///< of nine digits at most
  SdesKey key;
};

/// The value of an a=crypto attribute; a lifetime is read over. Errors, without a byte of the key:
/// BadSyntax; Unsupported (another suite, an MKI, several keys, a session parameter that changes
/// the packets: §6.3).
Result<CryptoAttribute> parse_crypto(std::string_view value);
std::string to_text(const CryptoAttribute& crypto);
/// A fresh key from the cryptographic generator.
SdesKey random_key(SrtpSuite suite);

}  // namespace sipcast::sdp
