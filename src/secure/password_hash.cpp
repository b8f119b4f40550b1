#include "secure/password_hash.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <vector>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "secure/hmac.hpp"

namespace sipcast {
namespace {

constexpr size_t kHashBytes = 32, kSaltBytes = 16, kMaxSalt = 64;

Bytes scrypt(std::string_view password, BytesView salt, const PasswordHash::Cost& cost) {
  const uint64_t n = uint64_t{1} << cost.log_n;
  const uint64_t memory = 128 * cost.r * (n + cost.p + 2) + (uint64_t{1} << 20);
  Bytes hash(kHashBytes);
  // The bounds of `cost` are those of OpenSSL, so that only lack of memory is left.
  CHECK(EVP_PBE_scrypt(password.data(), password.size(), salt.data(), salt.size(), n, cost.r,
                       cost.p, memory, hash.data(), hash.size()) == 1);
  return hash;
}

/// Empty when it is no hexadecimal of 1 to `max` bytes.
Bytes from_hex(std::string_view text, size_t max) {
  if (text.size() % 2 != 0 || text.size() > 2 * max) return {};
  Bytes bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const auto byte = parse_hex(text.substr(i, 2));
    if (!byte) return {};
    bytes.push_back(static_cast<uint8_t>(*byte));
  }
  return bytes;
}

std::optional<uint8_t> number(std::string_view text, std::string_view name) {
  const auto [key, value] = cut(text, '=');
  const auto parsed = parse_decimal(value, 255);
  if (key != name || !parsed) return {};
  return static_cast<uint8_t>(*parsed);
}

}  // namespace

PasswordHash PasswordHash::make(std::string_view password, Cost cost) {
  PasswordHash made;
  made.cost_ = cost;
  made.salt_.resize(kSaltBytes);
  random_bytes(made.salt_);
  made.hash_ = scrypt(password, made.salt_, cost);
  return made;
}

Result<PasswordHash> PasswordHash::parse(std::string_view text) {
  const auto bad = [] {
    return fail(Errc::BadSyntax, "is no $scrypt$ln=...,r=...,p=...$SALT$HASH");
  };
  const std::vector<std::string_view> parts = split(text, '$');
  if (parts.size() != 5 || !parts[0].empty() || parts[1] != "scrypt") return bad();
  const std::vector<std::string_view> costs = split(parts[2], ',');
  if (costs.size() != 3) return bad();
  const auto log_n = number(costs[0], "ln"), r = number(costs[1], "r"), p = number(costs[2], "p");
  if (!log_n || !r || !p) return bad();
  if (*log_n < 10 || *log_n > 18 || *r < 1 || *r > 16 || *p < 1 || *p > 16) {
    return fail(Errc::InvalidArgument, "ln must be within 10..18, r and p within 1..16");
  }
  PasswordHash parsed;
  parsed.cost_ = {.log_n = *log_n, .r = *r, .p = *p};
  parsed.salt_ = from_hex(parts[3], kMaxSalt);
  parsed.hash_ = from_hex(parts[4], kHashBytes);
  if (parsed.salt_.empty() || parsed.hash_.size() != kHashBytes) return bad();
  return parsed;
}

bool PasswordHash::verify(std::string_view password) const {
  return same_secret(scrypt(password, salt_, cost_), hash_);
}

std::string PasswordHash::to_string() const {
  return fmt::format("$scrypt$ln={},r={},p={}${}${}", cost_.log_n, cost_.r, cost_.p,
                     to_hex(as_text(salt_)), to_hex(as_text(hash_)));
}

}  // namespace sipcast
