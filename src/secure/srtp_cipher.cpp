#include "secure/srtp_cipher.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>

namespace sipcast {
namespace {

/// Fetched once per process and never changed: a fetch per context takes a lock.
struct Algorithms {
  EVP_CIPHER* gcm = EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr);
  EVP_CIPHER* ctr = EVP_CIPHER_fetch(nullptr, "AES-128-CTR", nullptr);
  EVP_MAC* hmac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
};
const Algorithms& algorithms() {
  static const Algorithms fetched;
  return fetched;
}

/// Update with a span; OpenSSL is not asked about nothing.
template <class Update>
bool feed(Update update, EVP_CIPHER_CTX* context, uint8_t* out, BytesView in) {
  int written = 0;
  return in.empty() || update(context, out, &written, in.data(), static_cast<int>(in.size())) == 1;
}

}  // namespace

void SrtpCipher::FreeCipher::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context);
}
void SrtpCipher::FreeMac::operator()(evp_mac_ctx_st* context) const noexcept {
  EVP_MAC_CTX_free(context);
}

bool SrtpCipher::derive(const SrtpMasterKey& master, uint8_t label, std::span<uint8_t> out) {
  std::array<uint8_t, 16> x{};
  std::ranges::copy(master.salt, x.begin());
  x[7] ^= label;
  std::ranges::fill(out, uint8_t{0});
  const std::unique_ptr<evp_cipher_ctx_st, FreeCipher> context(EVP_CIPHER_CTX_new());
  return context &&
         EVP_EncryptInit_ex2(context.get(), algorithms().ctr, master.key.data(), x.data(),
                             nullptr) == 1 &&
         feed(EVP_EncryptUpdate, context.get(), out.data(), out);
}

Result<SrtpCipher> SrtpCipher::create(const SrtpMasterKey& master, Use use) {
  const bool rtcp = use == Use::SealRtcp || use == Use::OpenRtcp;
  const bool sealing = use == Use::SealRtp || use == Use::SealRtcp;
  const bool gcm = master.profile == SrtpProfile::AeadAes128Gcm;
  const uint8_t first_label = rtcp ? 3 : 0;

  SrtpCipher result;
  result.profile_ = master.profile;
  const bool short_tag = master.profile == SrtpProfile::AesCm128HmacSha1_32 && !rtcp;
  result.tag_size_ = gcm ? 16 : short_tag ? 4 : 10;
  result.trailer_in_aad_ = rtcp;
  std::array<uint8_t, 16> key{};
  bool good =
      derive(master, first_label, key) && derive(master, static_cast<uint8_t>(first_label + 2),
                                                 std::span(result.salt_).first(gcm ? 12 : 14));
  result.cipher_.reset(EVP_CIPHER_CTX_new());
  EVP_CIPHER* cipher = gcm ? algorithms().gcm : algorithms().ctr;
  // Counter mode decrypts by encrypting.
  const auto init = gcm && !sealing ? EVP_DecryptInit_ex2 : EVP_EncryptInit_ex2;
  good = good && result.cipher_ && cipher != nullptr &&
         init(result.cipher_.get(), cipher, key.data(), nullptr, nullptr) == 1;
  if (!gcm) {
    std::array<uint8_t, 20> auth{};
    good = good && derive(master, static_cast<uint8_t>(first_label + 1), auth);
    result.mac_.reset(EVP_MAC_CTX_new(algorithms().hmac));
    char digest[] = "SHA1";
    const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                 OSSL_PARAM_construct_end()};
    good = good && result.mac_ &&
           EVP_MAC_init(result.mac_.get(), auth.data(), auth.size(), params) == 1;
    OPENSSL_cleanse(auth.data(), auth.size());
  }
  OPENSSL_cleanse(key.data(), key.size());
  if (!good) return fail(Errc::Internal, "OpenSSL refuses the SRTP keys");
  return result;
}

/// RFC 3711 §4.1.1 and RFC 7714 §8.1, §9.1: they differ only in where the salt ends.
std::array<uint8_t, 16> SrtpCipher::iv(uint32_t ssrc, uint64_t index) const {
  std::array<uint8_t, 16> result = salt_;
  const size_t at = profile_ == SrtpProfile::AeadAes128Gcm ? 2 : 4;
  for (size_t i = 0; i < 4; ++i) result[at + i] ^= static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  for (size_t i = 0; i < 6; ++i) result[at + 4 + i] ^= static_cast<uint8_t>(index >> (40 - 8 * i));
  return result;
}

bool SrtpCipher::seal(const Context& context, BytesView plain, std::span<uint8_t> out,
                      std::span<uint8_t> tag) {
  if (profile_ == SrtpProfile::AeadAes128Gcm) return seal_gcm(context, plain, out, tag);
  std::array<uint8_t, 20> digest;
  if (!count(context, plain, out) || !mac(context, out.first(plain.size()), digest)) return false;
  std::copy_n(digest.begin(), tag_size_, tag.begin());
  return true;
}

bool SrtpCipher::open(const Context& context, BytesView sealed, BytesView tag,
                      std::span<uint8_t> out) {
  if (tag.size() != tag_size()) return false;
  if (profile_ == SrtpProfile::AeadAes128Gcm) return open_gcm(context, sealed, tag, out);
  std::array<uint8_t, 20> digest;
  return mac(context, sealed, digest) && CRYPTO_memcmp(digest.data(), tag.data(), tag_size_) == 0 &&
         count(context, sealed, out);
}

bool SrtpCipher::seal_gcm(const Context& context, BytesView plain, std::span<uint8_t> out,
                          std::span<uint8_t> tag) {
  EVP_CIPHER_CTX* cipher = cipher_.get();
  const auto nonce = iv(context.ssrc, context.index);
  int written = 0;
  return EVP_EncryptInit_ex2(cipher, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
         feed(EVP_EncryptUpdate, cipher, nullptr, context.header) &&
         (!trailer_in_aad_ || feed(EVP_EncryptUpdate, cipher, nullptr, context.trailer)) &&
         feed(EVP_EncryptUpdate, cipher, out.data(), plain) &&
         EVP_EncryptFinal_ex(cipher, tag.data(), &written) == 1 &&
         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, 16, tag.data()) == 1;
}

bool SrtpCipher::open_gcm(const Context& context, BytesView sealed, BytesView tag,
                          std::span<uint8_t> out) {
  EVP_CIPHER_CTX* cipher = cipher_.get();
  const auto nonce = iv(context.ssrc, context.index);
  std::array<uint8_t, 16> expected;
  std::ranges::copy(tag, expected.begin());
  uint8_t none[16];
  int written = 0;
  return EVP_DecryptInit_ex2(cipher, nullptr, nullptr, nonce.data(), nullptr) == 1 &&
         feed(EVP_DecryptUpdate, cipher, nullptr, context.header) &&
         (!trailer_in_aad_ || feed(EVP_DecryptUpdate, cipher, nullptr, context.trailer)) &&
         feed(EVP_DecryptUpdate, cipher, out.data(), sealed) &&
         EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, 16, expected.data()) == 1 &&
         EVP_DecryptFinal_ex(cipher, none, &written) == 1;
}

bool SrtpCipher::count(const Context& context, BytesView in, std::span<uint8_t> out) {
  const auto counter = iv(context.ssrc, context.index);
  return EVP_EncryptInit_ex2(cipher_.get(), nullptr, nullptr, counter.data(), nullptr) == 1 &&
         feed(EVP_EncryptUpdate, cipher_.get(), out.data(), in);
}

bool SrtpCipher::mac(const Context& context, BytesView sealed, std::array<uint8_t, 20>& digest) {
  size_t size = 0;
  return EVP_MAC_init(mac_.get(), nullptr, 0, nullptr) == 1 &&  // the same key again
         EVP_MAC_update(mac_.get(), context.header.data(), context.header.size()) == 1 &&
         EVP_MAC_update(mac_.get(), sealed.data(), sealed.size()) == 1 &&
         EVP_MAC_update(mac_.get(), context.trailer.data(), context.trailer.size()) == 1 &&
         EVP_MAC_final(mac_.get(), digest.data(), &size, digest.size()) == 1;
}

}  // namespace sipcast
