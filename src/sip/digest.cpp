#include "sip/digest.hpp"

#include <fmt/core.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.hpp"
#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast::sip {
namespace {

constexpr size_t kMaxChallenges = 16;
constexpr int kMaxStale = 3;

const EVP_MD* message_digest(DigestAlgorithm algorithm) {
  switch (algorithm) {
    case DigestAlgorithm::Md5:
      return EVP_md5();
    case DigestAlgorithm::Sha256:
      return EVP_sha256();
    case DigestAlgorithm::Sha512_256:
      return EVP_sha512_256();
  }
  std::unreachable();
}

std::string hash(DigestAlgorithm algorithm, std::string_view text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), bytes, &size, message_digest(algorithm), nullptr) ==
        1);
  return to_hex(as_text({bytes, size}));
}

Result<void> set_algorithm(DigestChallenge& challenge, std::string_view text) {
  challenge.algorithm_text = text;
  constexpr std::string_view kSession = "-sess";
  if (text.size() > kSession.size() &&
      iequals(text.substr(text.size() - kSession.size()), kSession)) {
    challenge.session = true;
    text.remove_suffix(kSession.size());
  }
  if (text.empty() || iequals(text, "MD5")) {
    challenge.algorithm = DigestAlgorithm::Md5;
  } else if (iequals(text, "SHA-256")) {
    challenge.algorithm = DigestAlgorithm::Sha256;
  } else if (iequals(text, "SHA-512-256")) {
    challenge.algorithm = DigestAlgorithm::Sha512_256;
  } else {
    return fail(Errc::Unsupported, "digest algorithm " + printable(text, 40));
  }
  return {};
}

}  // namespace

Result<DigestChallenge> DigestChallenge::parse(std::string_view header_value) {
  const auto [scheme, rest] = cut(trim(header_value), ' ');
  if (!iequals(scheme, "Digest")) return fail(Errc::Unsupported, "not a Digest challenge");
  DigestChallenge challenge;
  std::string algorithm;
  std::optional<std::string> qop;
  bool has_realm = false;
  for (const std::string_view piece : split_outside_quotes(rest, ',')) {
    const auto [raw_name, raw_value] = cut(piece, '=');
    const std::string_view name = trim(raw_name);
    std::string value = unquoted(raw_value);
    if (iequals(name, "realm")) {
      challenge.realm = std::move(value);
      has_realm = true;
    } else if (iequals(name, "nonce")) {
      challenge.nonce = std::move(value);
    } else if (iequals(name, "opaque")) {
      challenge.opaque = std::move(value);
    } else if (iequals(name, "algorithm")) {
      algorithm = std::move(value);
    } else if (iequals(name, "qop")) {
      qop = std::move(value);
    } else if (iequals(name, "stale")) {
      challenge.stale = iequals(value, "true");
    }
  }
  if (!has_realm || challenge.nonce.empty() || challenge.realm.size() > 1024 ||
      challenge.nonce.size() > 4096) {
    return fail(Errc::BadSyntax, "a challenge without realm or nonce");
  }
  if (const auto known = set_algorithm(challenge, algorithm); !known) {
    return std::unexpected(known.error());
  }
  if (qop && !trim(*qop).empty()) {
    challenge.qop_auth = std::ranges::any_of(
        split(*qop, ','), [](std::string_view option) { return iequals(trim(option), "auth"); });
    if (!challenge.qop_auth) return fail(Errc::Unsupported, "digest qop " + printable(*qop, 40));
  }
  return challenge;
}

std::string digest_response(const DigestChallenge& challenge, const DigestInput& input) {
  const auto algorithm = challenge.algorithm;
  std::string a1 =
      hash(algorithm, fmt::format("{}:{}:{}", input.username, challenge.realm, input.password));
  if (challenge.session) {
    a1 = hash(algorithm, fmt::format("{}:{}:{}", a1, challenge.nonce, input.cnonce));
  }
  const std::string a2 = hash(algorithm, fmt::format("{}:{}", input.method, input.uri));
  if (!challenge.qop_auth) return hash(algorithm, fmt::format("{}:{}:{}", a1, challenge.nonce, a2));
  return hash(algorithm, fmt::format("{}:{}:{:08x}:{}:auth:{}", a1, challenge.nonce, input.nc,
                                     input.cnonce, a2));
}

std::string digest_authorization(const DigestChallenge& challenge, const DigestInput& input) {
  std::string value =
      fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                  quoted(input.username), quoted(challenge.realm), quoted(challenge.nonce),
                  quoted(input.uri), digest_response(challenge, input));
  if (!challenge.algorithm_text.empty()) value += ", algorithm=" + challenge.algorithm_text;
  if (challenge.qop_auth) value += fmt::format(", qop=auth, nc={:08x}", input.nc);
  if (challenge.qop_auth || challenge.session) value += ", cnonce=" + quoted(input.cnonce);
  if (!challenge.opaque.empty()) value += ", opaque=" + quoted(challenge.opaque);
  return value;
}

DigestSession::DigestSession(std::string username, std::string password,
                             std::shared_ptr<std::string> realm)
    : username_(std::move(username)), password_(std::move(password)), realm_(std::move(realm)) {}

Result<void> DigestSession::challenged(const Message& response, DigestTries& tries, Learn learn) {
  const bool proxy = response.status == 407;
  const std::string_view header = proxy ? "Proxy-Authenticate" : "WWW-Authenticate";
  std::string problem = "no challenge in it";
  Errc code = Errc::Unsupported;
  std::optional<DigestChallenge> best;
  std::string realm = *realm_;
  size_t seen = 0;
  for (const auto& line : response.headers) {
    if (!iequals(line.name, header) || ++seen > kMaxChallenges) continue;
    auto challenge = DigestChallenge::parse(line.value);
    if (!challenge) {
      if (!best && code != Errc::Forbidden) problem = challenge.error().cause;
      continue;
    }
    if (realm.empty() && learn == Learn::Yes) realm = challenge->realm;
    if (challenge->realm != realm) {
      code = Errc::Forbidden;
      problem = realm.empty()
                    ? fmt::format("no credentials for realm \"{}\", which challenged only now",
                                  printable(challenge->realm, 80))
                    : fmt::format("no credentials for realm \"{}\": this account's realm is \"{}\"",
                                  printable(challenge->realm, 80), printable(realm, 80));
      continue;
    }
    // RFC 8760 §2.4: the server's order counts, but MD5 only when there is nothing else.
    if (!best ||
        (best->algorithm == DigestAlgorithm::Md5 && challenge->algorithm != DigestAlgorithm::Md5)) {
      best = std::move(*challenge);
    }
  }
  if (!best) return fail(code, fmt::format("SIP {}: {}", response.status, problem));
  if (password_.empty() || username_.empty()) {
    return fail(Errc::Unauthorized, fmt::format("SIP {} for realm \"{}\", and the account has no "
                                                "password",
                                                response.status, printable(realm, 80)));
  }
  int& answered = proxy ? tries.proxy : tries.www;
  if (answered > 0 && (!best->stale || ++tries.stale > kMaxStale)) {
    return fail(Errc::Unauthorized,
                fmt::format("wrong password: SIP {} again after credentials for realm \"{}\"",
                            response.status, printable(realm, 80)));
  }
  ++answered;
  *realm_ = realm;
  (proxy ? proxy_ : www_) =
      Side{.answered = true, .challenge = std::move(*best), .cnonce = random_token(24), .nc = 0};
  return {};
}

void DigestSession::authorize(Message& request) {
  authorize(request, www_, "Authorization");
  authorize(request, proxy_, "Proxy-Authorization");
}

void DigestSession::authorize(Message& request, Side& side, std::string_view header) {
  if (!side.answered) return;
  request.set(header, digest_authorization(side.challenge, {.username = username_,
                                                            .password = password_,
                                                            .method = request.method,
                                                            .uri = request.request_uri,
                                                            .cnonce = side.cnonce,
                                                            .nc = ++side.nc}));
}

}  // namespace sipcast::sip
