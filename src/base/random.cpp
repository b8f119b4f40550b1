#include "base/random.hpp"

#include <openssl/rand.h>

#include "base/check.hpp"

namespace sipcast {

void random_bytes(std::span<uint8_t> out) {
  CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

uint32_t random_u32() {
  uint8_t bytes[4];
  random_bytes(bytes);
  return static_cast<uint32_t>(bytes[0]) << 24 | static_cast<uint32_t>(bytes[1]) << 16 |
         static_cast<uint32_t>(bytes[2]) << 8 | bytes[3];
}

uint64_t random_u64() { return static_cast<uint64_t>(random_u32()) << 32 | random_u32(); }

std::string random_token(size_t length) {
  static constexpr char kAlphabet[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
  std::string token;
  while (token.size() < length) {
    uint8_t bytes[32];
    random_bytes(bytes);
    for (const uint8_t byte : bytes) {
      if (byte < 248 && token.size() < length)
        token += kAlphabet[byte % 62];  // 248 = 4 * 62: no bias
    }
  }
  return token;
}

}  // namespace sipcast
