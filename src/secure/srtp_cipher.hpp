#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.hpp"
#include "base/result.hpp"

struct evp_cipher_ctx_st;
struct evp_mac_ctx_st;

namespace sipcast {

enum class SrtpProfile : uint8_t {
  AeadAes128Gcm,        ///< RFC 7714, 16-byte tag
  AesCm128HmacSha1_80,  ///< RFC 3711, 10-byte tag
  AesCm128HmacSha1_32,  ///< RFC 4568 §6.2.2: 4-byte tag for RTP, 10 for RTCP; by SDES only
};

/// What DTLS (or SDES) agreed for one direction. GCM has a 12-byte salt: its last two bytes here
/// are zero.
struct SrtpMasterKey {
  SrtpProfile profile = SrtpProfile::AeadAes128Gcm;
  std::array<uint8_t, 16> key{};
  std::array<uint8_t, 14> salt{};
};

/// The session keys of one direction, for RTP or for RTCP, of all SSRCs. Keyed once; a packet costs
/// one change of the IV. Moves, never copies; one thread at a time.
class SrtpCipher {
 public:
  enum class Use : uint8_t { SealRtp, OpenRtp, SealRtcp, OpenRtcp };
  /// Derives the session keys (RFC 3711 §4.3, no key derivation rate).
  /// Errors: Internal when OpenSSL refuses.
  static Result<SrtpCipher> create(const SrtpMasterKey& master, Use use);

  /// What is authenticated beside the payload.
  struct Context {
    uint32_t ssrc;
    uint64_t index;     ///< 48 bits: ROC and sequence number, or the 31 bits of SRTCP
    BytesView header;   ///< in the clear
    BytesView trailer;  ///< RTP: the ROC, which GCM has in its IV. RTCP: E flag and index
  };
  size_t tag_size() const { return tag_size_; }
  /// Encrypts `plain` into `out` (as many bytes; may be the same memory) and writes tag_size()
  /// bytes to `tag`. False only when OpenSSL fails.
  bool seal(const Context& context, BytesView plain, std::span<uint8_t> out,
            std::span<uint8_t> tag);
  /// The reverse. False when the tag is wrong: then `out` holds nothing of use.
  bool open(const Context& context, BytesView sealed, BytesView tag, std::span<uint8_t> out);

  /// 128-bit AES-CM keystream from x = label * 2^48 xor salt (RFC 3711 §4.3.3): for tests.
  static bool derive(const SrtpMasterKey& master, uint8_t label, std::span<uint8_t> out);

 private:
  struct FreeCipher {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  struct FreeMac {
    void operator()(evp_mac_ctx_st* context) const noexcept;
  };
  SrtpCipher() = default;
  std::array<uint8_t, 16> iv(uint32_t ssrc, uint64_t index) const;
  bool seal_gcm(const Context& context, BytesView plain, std::span<uint8_t> out,
                std::span<uint8_t> tag);
  bool open_gcm(const Context& context, BytesView sealed, BytesView tag, std::span<uint8_t> out);
  bool count(const Context& context, BytesView in, std::span<uint8_t> out);
  bool mac(const Context& context, BytesView sealed, std::array<uint8_t, 20>& digest);

  std::unique_ptr<evp_cipher_ctx_st, FreeCipher> cipher_;
  std::unique_ptr<evp_mac_ctx_st, FreeMac> mac_;  // none for GCM
  std::array<uint8_t, 16> salt_{};                // 12 or 14 bytes, then zeros
  SrtpProfile profile_ = SrtpProfile::AeadAes128Gcm;
  size_t tag_size_ = 16;
  bool trailer_in_aad_ = false;  // SRTCP with GCM
};

}  // namespace sipcast
