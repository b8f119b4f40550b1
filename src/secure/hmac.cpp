#include "secure/hmac.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.hpp"

namespace sipcast {

std::array<uint8_t, 32> hmac_sha256(BytesView key, BytesView text) {
  std::array<uint8_t, 32> digest{};
  unsigned size = 0;
  CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), text.data(), text.size(),
             digest.data(), &size) != nullptr);
  return digest;
}

bool same_secret(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace sipcast
