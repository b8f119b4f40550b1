#include "sdp/trickle_fragment.hpp"

#include <fmt/format.h>

#include "base/text.hpp"

namespace sipcast::sdp {
namespace {

constexpr size_t kMaxCandidates = 256;
constexpr size_t kMaxWord = 256;  // RFC 8839 §5.4: ice-ufrag and ice-pwd have up to 256 characters

/// RFC 8839 §5.1: foundation component transport priority address port "typ" type ...
bool is_candidate(std::string_view value) {
  const auto words = split(value, ' ');
  return words.size() >= 8 && !words[0].empty() && words[0].size() <= 32 &&
         parse_decimal(words[1], 256) && !words[2].empty() && parse_decimal(words[3], UINT32_MAX) &&
         !words[4].empty() && parse_decimal(words[5], 65535) && words[6] == "typ" &&
         !words[7].empty();
}

Result<void> take_word(std::string& into, std::string_view name, std::string_view value) {
  if (value.empty() || value.size() > kMaxWord) {
    return fail(Errc::InvalidArgument, fmt::format("{}: must have 1 to 256 characters", name));
  }
  if (!into.empty() && into != value) {  // one transport a viewer: one ICE session
    return fail(Errc::InvalidArgument, fmt::format("{}: said twice, and not the same", name));
  }
  into = value;
  return {};
}

Result<void> take_attribute(TrickleFragment& fragment, std::string_view attribute) {
  const auto [name, value] = cut(attribute, ':');
  if (name == "ice-ufrag") return take_word(fragment.ufrag, name, value);
  if (name == "ice-pwd") return take_word(fragment.pwd, name, value);
  if (name == "end-of-candidates") fragment.end_of_candidates = true;
  if (name != "candidate") return {};
  if (!is_candidate(value))
    return fail(Errc::BadSyntax, "candidate: not as RFC 8839 §5.1 writes it");
  if (fragment.candidates.size() == kMaxCandidates) {
    return fail(Errc::Exhausted, "more than 256 candidates");
  }
  fragment.candidates.emplace_back(value);
  return {};
}

}  // namespace

Result<TrickleFragment> parse_trickle_fragment(std::string_view text) {
  if (text.size() > kMaxFragmentBytes) {
    return fail(Errc::Exhausted, "the fragment is larger than 16 KiB");
  }
  TrickleFragment fragment;
  size_t number = 0;
  for (const std::string_view raw : split(text, '\n')) {
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty()) continue;
    if (line.size() < 2 || line[1] != '=') {
      return fail(Errc::BadSyntax, fmt::format("line {}: must be like a=NAME:VALUE", number));
    }
    if (line[0] != 'a') continue;  // m= and what a whole description has
    if (const auto taken = take_attribute(fragment, line.substr(2)); !taken) {
      return fail(taken.error().code, fmt::format("line {}: {}", number, taken.error().cause));
    }
  }
  return fragment;
}

}  // namespace sipcast::sdp
