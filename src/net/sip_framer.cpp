#include "net/sip_framer.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace sipcast {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Takes one header line, folded lines included (RFC 3261 §7.3.1), off `headers`.
std::string_view take_line(std::string_view& headers) {
  size_t end = headers.find("\r\n");
  while (end != std::string_view::npos && end + 2 < headers.size() && is_blank(headers[end + 2])) {
    end = headers.find("\r\n", end + 2);
  }
  const std::string_view line = headers.substr(0, end);
  headers.remove_prefix(end == std::string_view::npos ? headers.size() : end + 2);
  return line;
}

/// The value of Content-Length; 0 when there is none. `head` ends before the empty line.
Result<size_t> content_length(std::string_view head) {
  std::optional<uint64_t> length;
  take_line(head);  // the start line
  while (!head.empty()) {
    const auto [name, value] = cut(take_line(head), ':');
    if (!iequals(trim(name), "content-length") && !iequals(trim(name), "l")) continue;
    const auto number = parse_decimal(trim(value), UINT32_MAX);
    if (!number) return fail(Errc::BadSyntax, "Content-Length is no number");
    if (length && *length != *number) return fail(Errc::BadSyntax, "two values of Content-Length");
    length = number;
  }
  return length.value_or(0);
}

}  // namespace

void SipFramer::append(BytesView bytes) {
  if (begin_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<SipFramer::Event> SipFramer::skip_line_ends() {
  for (; begin_ < buffer_.size(); ++begin_) {
    const uint8_t byte = buffer_[begin_];
    if (byte != '\r' && byte != '\n') break;
    if (byte != '\n') continue;
    const bool pong = std::exchange(pong_expected_, false);
    if (!pong && ++line_ends_ < 2) continue;
    if (!pong) line_ends_ = 0;
    ++begin_;
    return Event{.kind = pong ? Event::Kind::Pong : Event::Kind::Ping, .message = {}};
  }
  return {};
}

Result<bool> SipFramer::measure() {
  const std::string_view text = as_text(rest());
  const size_t head = text.find("\r\n\r\n", searched_);
  if (head == std::string_view::npos) {
    if (text.size() >= kMaxMessage) return fail(Errc::Exhausted, "headers above 64 KiB");
    searched_ = text.size() < 3 ? 0 : text.size() - 3;
    return false;
  }
  const auto body = content_length(text.substr(0, head));
  if (!body) return std::unexpected(body.error());
  message_size_ = head + 4 + *body;
  if (message_size_ > kMaxMessage) return fail(Errc::Exhausted, "a message above 64 KiB");
  return true;
}

Result<std::optional<SipFramer::Event>> SipFramer::next() {
  if (message_size_ == 0) {
    if (searched_ == 0) {
      if (const auto event = skip_line_ends()) return event;
    }
    const auto measured = measure();
    if (!measured) return std::unexpected(measured.error());
    if (!*measured) return std::nullopt;
  }
  if (rest().size() < message_size_) return std::nullopt;
  const Event event{.kind = Event::Kind::Message, .message = rest().first(message_size_)};
  begin_ += message_size_;
  searched_ = message_size_ = 0;
  line_ends_ = 0;
  return event;
}

}  // namespace sipcast
