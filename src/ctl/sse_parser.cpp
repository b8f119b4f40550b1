#include "ctl/sse_parser.hpp"

#include <utility>

#include "base/text.hpp"

namespace sipcast::ctl {

void SseParser::push(std::string_view bytes) {
  for (const char c : bytes) {
    const bool second = std::exchange(after_cr_, c == '\r') && c == '\n';
    if (second) continue;  // CRLF is one end
    if (c == '\n' || c == '\r') {
      on_line(line_);
      line_.clear();
    } else if (line_.size() + data_.size() < kMaxEvent) {
      line_ += c;
    } else {
      too_large_ = true;
    }
  }
}

void SseParser::on_line(std::string_view line) {
  if (line.empty()) {
    if (has_data_ && !too_large_) {
      on_event_({.id = last_id_, .type = type_.empty() ? "message" : type_, .data = data_});
    }
    type_.clear();
    data_.clear();
    has_data_ = too_large_ = false;
    return;
  }
  auto [field, value] = cut(line, ':');  // a comment has an empty name
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "id" && value.find('\0') == std::string_view::npos) last_id_ = value;
  if (field == "event") type_ = value;
  if (field != "data") return;
  if (std::exchange(has_data_, true)) data_ += '\n';
  data_ += value;
}

}  // namespace sipcast::ctl
