#include "sip/raw_headers.hpp"

#include "base/text.hpp"
#include "sip/message.hpp"

namespace sipcast::sip {

RawHeaders::RawHeaders(std::string_view message) : rest_(message) {
  while (!rest_.empty() && (rest_.front() == '\r' || rest_.front() == '\n')) rest_.remove_prefix(1);
  start_line_ = take_line();
}

/// Without its line end.
std::string_view RawHeaders::take_line() {
  const size_t end = rest_.find('\n');
  std::string_view line = rest_.substr(0, end);
  rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<RawHeaders::Field> RawHeaders::next() {
  while (!over_ && !rest_.empty()) {
    const char* begin = rest_.data();
    std::string_view line = take_line();
    if (line.empty()) break;
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t')) {
      const std::string_view more = take_line();
      line = {begin, static_cast<size_t>(more.data() + more.size() - begin)};
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    return Field{trim(line.substr(0, colon)), trim(line.substr(colon + 1))};
  }
  over_ = true;
  return {};
}

std::string_view raw_header(std::string_view message, std::string_view long_name) {
  RawHeaders headers(message);
  while (const auto field = headers.next()) {
    if (iequals(field->name, long_name)) return field->value;
    if (field->name.size() == 1 && iequals(long_header_name(field->name), long_name)) {
      return field->value;
    }
  }
  return {};
}

}  // namespace sipcast::sip
