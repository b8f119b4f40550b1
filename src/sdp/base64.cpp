#include "sdp/base64.hpp"

#include <algorithm>

namespace sipcast::sdp {
namespace {
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
}  // namespace

Bytes decode_base64(std::string_view text) {
  while (text.ends_with('=')) text.remove_suffix(1);
  Bytes out;
  uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const size_t value = kBase64.find(c);
    if (value == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<uint32_t>(value);
    held += 6;
    if (held < 8) continue;
    held -= 8;
    out.push_back(static_cast<uint8_t>(bits >> held));
  }
  return out;
}

std::string encode_base64(BytesView bytes) {
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = std::min<size_t>(3, bytes.size() - i);
    uint32_t bits = 0;
    for (size_t j = 0; j < 3; ++j) bits = bits << 8 | (j < left ? bytes[i + j] : 0u);
    for (size_t j = 0; j < 4; ++j) out += j <= left ? kBase64[bits >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

}  // namespace sipcast::sdp
