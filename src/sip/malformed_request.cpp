#include "sip/malformed_request.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace sipcast::sip {
namespace {

constexpr std::string_view kNeeded[] = {"Via", "From", "To", "Call-ID", "CSeq"};
constexpr size_t kMaxHead = 8192;  ///< bytes that are looked at

/// The request line and the needed headers of `text`, everything else left out.
std::optional<std::string> needed_head(std::string_view text) {
  while (text.starts_with("\r\n")) text.remove_prefix(2);
  const auto lines = split(text, '\n');
  const auto [method, rest] = cut(trim(lines.front()), ' ');
  const size_t version = rest.rfind(' ');
  if (!is_token(method) || version == std::string_view::npos ||
      !iequals(rest.substr(version + 1, 4), "SIP/")) {
    return {};
  }
  std::string head = std::string(method) + " sip:unknown SIP/2.0\r\n";
  bool wanted = false;
  for (size_t i = 1; i < lines.size(); ++i) {
    std::string_view line = lines[i];
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) break;
    if (line.front() != ' ' && line.front() != '\t') {
      const std::string name = long_header_name(trim(line.substr(0, line.find(':'))));
      wanted = line.contains(':') &&
               std::ranges::any_of(kNeeded, [&](auto needed) { return iequals(name, needed); });
    }
    if (wanted) head.append(line).append("\r\n");
  }
  return head + "\r\n";
}

}  // namespace

std::optional<MalformedRequest> read_malformed(BytesView bytes, const Error& error) {
  const std::string_view text = as_text(bytes).substr(0, kMaxHead);
  const auto head = needed_head(text);
  if (!head) return {};
  auto message = Message::parse(as_bytes(*head), Framing::Datagram);
  if (!message || message->method == "ACK") return {};
  // A CSeq that names another method is one more thing to say 400 to; its number is what counts.
  const std::string cseq = message->get("CSeq");
  const std::string_view method = trim(std::string_view(cseq).substr(cut(cseq, ' ').first.size()));
  if (is_token(method)) message->method = method;
  auto received = Received::from_message(std::move(*message));
  if (!received) return {};
  return MalformedRequest{.refused = std::move(*received),
                          .status = error.code == Errc::BadVersion ? 505 : 400,
                          .cause = error.cause};
}

}  // namespace sipcast::sip
