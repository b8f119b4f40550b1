#include "sdp/crypto_attribute.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sdp/base64.hpp"

namespace sipcast::sdp {
namespace {

constexpr size_t kKeyAndSalt = 16 + 14;
constexpr uint64_t kMaxTag = 999'999'999;

std::string_view suite_name(SrtpSuite suite) {
  return suite == SrtpSuite::Sha1_80 ? "AES_CM_128_HMAC_SHA1_80" : "AES_CM_128_HMAC_SHA1_32";
}

/// "inline:KEY[|LIFETIME][|MKI:LENGTH]"
Result<void> read_key(std::string_view text, SdesKey& out) {
  constexpr std::string_view kInline = "inline:";
  if (!iequals(text.substr(0, kInline.size()), kInline)) {
    return fail(Errc::Unsupported, "a=crypto: the key is not inline");
  }
  text.remove_prefix(kInline.size());
  if (text.find(';') != std::string_view::npos) {
    return fail(Errc::Unsupported, "a=crypto: several keys");
  }
  const auto parts = split(text, '|');
  for (const std::string_view part : std::span(parts).subspan(1)) {
    if (part.find(':') != std::string_view::npos) {
      return fail(Errc::Unsupported, "a=crypto: a master key identifier (MKI)");
    }
  }
  const Bytes bytes = decode_base64(parts.front());
  if (bytes.size() != kKeyAndSalt) {
    return fail(Errc::BadSyntax, fmt::format("a=crypto: the key is not {} bytes", kKeyAndSalt));
  }
  std::copy_n(bytes.begin(), out.key.size(), out.key.begin());
  std::copy_n(bytes.begin() + 16, out.salt.size(), out.salt.begin());
  return {};
}

/// RFC 4568 §6.3.7: what is not understood may be passed over only where it begins with '-'. The
/// window size is a hint.
bool is_harmless(std::string_view parameter) {
  return parameter.empty() || parameter.starts_with('-') ||
         iequals(cut(parameter, '=').first, "WSH") || iequals(parameter, "KDR=0");
}

}  // namespace

Result<CryptoAttribute> parse_crypto(std::string_view value) {
  std::vector<std::string_view> words;
  for (const std::string_view word : split(trim(value), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  if (words.size() < 3) return fail(Errc::BadSyntax, "a=crypto: a field is missing");
  const auto tag = parse_decimal(words[0], kMaxTag);
  if (!tag) return fail(Errc::BadSyntax, "a=crypto: the tag is no number");
  CryptoAttribute crypto{.tag = static_cast<uint32_t>(*tag), .key = {}};
  if (iequals(words[1], suite_name(SrtpSuite::Sha1_32))) {
    crypto.key.suite = SrtpSuite::Sha1_32;
  } else if (!iequals(words[1], suite_name(SrtpSuite::Sha1_80))) {
    return fail(Errc::Unsupported, "a=crypto: the suite " + printable(words[1], 60));
  }
  if (const auto read = read_key(words[2], crypto.key); !read) {
    return std::unexpected(read.error());
  }
  const auto parameters = std::span(words).subspan(3);
  const auto odd = std::ranges::find_if_not(parameters, is_harmless);
  if (odd != parameters.end()) {
    return fail(Errc::Unsupported, "a=crypto: the parameter " + printable(*odd, 60));
  }
  return crypto;
}

std::string to_text(const CryptoAttribute& crypto) {
  Bytes bytes(crypto.key.key.begin(), crypto.key.key.end());
  bytes.insert(bytes.end(), crypto.key.salt.begin(), crypto.key.salt.end());
  return fmt::format("{} {} inline:{}", crypto.tag, suite_name(crypto.key.suite),
                     encode_base64(bytes));
}

SdesKey random_key(SrtpSuite suite) {
  SdesKey key{.suite = suite, .key = {}, .salt = {}};
  random_bytes(key.key);
  random_bytes(key.salt);
  return key;
}

}  // namespace sipcast::sdp
