#include "sip/digest_verifier.hpp"

#include <fmt/core.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/random.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"

namespace sipcast::sip {
namespace {

uint64_t ms_of(Instant now) { return static_cast<uint64_t>(to_ms(now.time_since_epoch())); }

struct Credentials {
  DigestChallenge challenge;  ///< what they say that they answer
  std::string username, uri, response, cnonce, qop;
  uint32_t nc = 0;
};

std::optional<Credentials> parse(std::string_view authorization) {
  const auto [scheme, rest] = cut(trim(authorization), ' ');
  auto challenge = DigestChallenge::parse(authorization);  // realm, nonce, algorithm, qop
  if (!challenge || !iequals(scheme, "Digest")) return {};
  Credentials credentials{.challenge = std::move(*challenge)};
  for (const std::string_view piece : split_outside_quotes(rest, ',')) {
    const auto [raw_name, raw_value] = cut(piece, '=');
    const std::string_view name = trim(raw_name);
    const std::string value = unquoted(trim(raw_value));
    if (iequals(name, "username")) credentials.username = value;
    if (iequals(name, "uri")) credentials.uri = value;
    if (iequals(name, "response")) credentials.response = to_lower(value);
    if (iequals(name, "cnonce")) credentials.cnonce = value;
    if (iequals(name, "nc")) {
      credentials.nc = static_cast<uint32_t>(value.size() == 8 ? parse_hex(value).value_or(0) : 0);
    }
  }
  const bool whole = credentials.challenge.qop_auth && !credentials.challenge.session &&
                     credentials.nc > 0 && !credentials.cnonce.empty();
  return whole ? std::optional(std::move(credentials)) : std::nullopt;
}

std::string_view name_of(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::Md5:
      return "MD5";
    case DigestAlgorithm::Sha256:
      return "SHA-256";
    case DigestAlgorithm::Sha512_256:
      return "SHA-512-256";
  }
  std::unreachable();
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

/// A proxy may write the Request-URI anew, but not whom the caller wants. Some (SIPp) leave the
/// user out.
bool same_user(std::string_view a, std::string_view b) {
  if (a == b) return true;
  const auto x = Uri::parse(a), y = Uri::parse(b);
  return x && y && (x->user.empty() || unescape(x->user) == unescape(y->user));
}

}  // namespace

DigestVerifier::DigestVerifier(Options options)
    : options_(std::move(options)), secret_(random_token(32)) {}

std::string DigestVerifier::nonce_at(uint64_t ms) const {
  Sha256 hash;
  hash.add(as_bytes(fmt::format("{}:{:x}:{}", secret_, ms, options_.realm)));
  return fmt::format("{:x}.{}", ms, hash.finish().substr(0, 32));
}

bool DigestVerifier::is_fresh(const std::string& nonce, Instant now) const {
  const auto at = parse_hex(cut(nonce, '.').first);
  const uint64_t now_ms = ms_of(now);
  const auto lasts = static_cast<uint64_t>(to_ms(options_.nonce_lasts));
  return at && *at <= now_ms && now_ms - *at <= lasts && *at >= oldest_ms_ &&
         same_secret(nonce, nonce_at(*at));
}

std::vector<std::string> DigestVerifier::challenges(bool stale, Instant now) const {
  std::vector<std::string> values;
  values.reserve(options_.algorithms.size());
  for (const DigestAlgorithm algorithm : options_.algorithms) {
    values.push_back(fmt::format("Digest realm={}, nonce=\"{}\", algorithm={}, qop=\"auth\"{}",
                                 quoted(options_.realm), nonce_at(ms_of(now)), name_of(algorithm),
                                 stale ? ", stale=true" : ""));
  }
  return values;
}

DigestVerifier::Checked DigestVerifier::check(std::string_view authorization,
                                              std::string_view method, std::string_view request_uri,
                                              Instant now) {
  if (trim(authorization).empty()) return {};
  const auto given = parse(authorization);
  if (!given) return {.verdict = Verdict::Wrong, .user = {}};
  Checked checked{.verdict = Verdict::Wrong, .user = given->username};
  if (given->challenge.realm != options_.realm) return {};  // another server's: ours is told
  const auto& offered = options_.algorithms;
  if (std::ranges::find(offered, given->challenge.algorithm) == offered.end()) return checked;
  const auto user = std::ranges::find(options_.users, given->username, &User::name);
  // The time that an unknown name takes is that of a known one.
  const std::string& password = user == options_.users.end() ? secret_ : user->password;
  const std::string expected = digest_response(given->challenge, {.username = given->username,
                                                                  .password = password,
                                                                  .method = method,
                                                                  .uri = given->uri,
                                                                  .cnonce = given->cnonce,
                                                                  .nc = given->nc});
  if (!same_secret(expected, given->response) || user == options_.users.end() ||
      !same_user(given->uri, request_uri)) {
    return checked;
  }
  checked.verdict = Verdict::Stale;
  const std::string& nonce = given->challenge.nonce;
  if (!is_fresh(nonce, now)) return checked;
  const auto [count, is_new] = counts_.try_emplace(nonce, 0);
  if (given->nc <= count->second) return checked;
  count->second = given->nc;
  if (is_new) order_.push_back(nonce);
  while (order_.size() > options_.max_nonces) {
    oldest_ms_ = std::max(oldest_ms_, parse_hex(cut(order_.front(), '.').first).value_or(0) + 1);
    counts_.erase(order_.front());
    order_.pop_front();
  }
  checked.verdict = Verdict::Good;
  return checked;
}

Result<std::vector<DigestVerifier::User>> DigestVerifier::parse_users(std::string_view text) {
  std::vector<User> users;
  for (const std::string_view piece : split(text, ',')) {
    if (trim(piece).empty()) continue;
    const auto [name, password] = cut(trim(piece), ':');
    if (name.empty() || password.empty()) {
      return fail(Errc::InvalidArgument,
                  fmt::format("entry {} is not name:password", users.size() + 1));
    }
    users.push_back({std::string(name), std::string(password)});
  }
  return users;
}

}  // namespace sipcast::sip
