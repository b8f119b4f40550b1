#include "sip/dtmf_info.hpp"

#include "base/text.hpp"

namespace sipcast::sip {
namespace {

std::optional<char> digit_of(std::string_view text) {
  text = trim(text);
  if (text == "10") return '*';
  if (text == "11") return '#';
  if (text.size() != 1) return {};
  const char c = text[0] >= 'a' && text[0] <= 'd' ? static_cast<char>(text[0] - 0x20) : text[0];
  if (std::string_view("0123456789*#ABCD").contains(c)) return c;
  return {};
}

}  // namespace

std::string_view content_type(DtmfInfo form) {
  return form == DtmfInfo::Relay ? "application/dtmf-relay" : "application/dtmf";
}

std::string dtmf_body(DtmfInfo form, char digit) {
  if (form == DtmfInfo::Plain) return {digit};
  return std::string("Signal=") + digit + "\r\nDuration=160\r\n";
}

std::optional<char> read_dtmf_info(std::string_view content_type_value, std::string_view body) {
  const std::string_view type = trim(cut(content_type_value, ';').first);
  if (iequals(type, content_type(DtmfInfo::Plain))) return digit_of(body);
  if (!iequals(type, content_type(DtmfInfo::Relay))) return {};
  for (const std::string_view line : split(body, '\n')) {
    const auto [name, value] = cut(line, '=');
    if (iequals(trim(name), "signal")) return digit_of(value);
  }
  return {};
}

}  // namespace sipcast::sip
