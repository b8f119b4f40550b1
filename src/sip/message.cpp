#include "sip/message.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace sipcast::sip {
namespace {

/// RFC 3261 §7.3.3 and the compact forms registered later.
std::string_view long_name(std::string_view name) {
  if (name.size() != 1) return name;
  switch (name[0] | 0x20) {
    case 'a':
      return "Accept-Contact";
    case 'b':
      return "Referred-By";
    case 'c':
      return "Content-Type";
    case 'd':
      return "Request-Disposition";
    case 'e':
      return "Content-Encoding";
    case 'f':
      return "From";
    case 'i':
      return "Call-ID";
    case 'j':
      return "Reject-Contact";
    case 'k':
      return "Supported";
    case 'l':
      return "Content-Length";
    case 'm':
      return "Contact";
    case 'n':
      return "Identity-Info";
    case 'o':
      return "Event";
    case 'r':
      return "Refer-To";
    case 's':
      return "Subject";
    case 't':
      return "To";
    case 'u':
      return "Allow-Events";
    case 'v':
      return "Via";
    case 'x':
      return "Session-Expires";
    case 'y':
      return "Identity";
    default:
      return name;
  }
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
}

std::string without_control(std::string_view text) {
  std::string result(text);
  std::ranges::replace_if(
      result, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return result;
}

/// Takes one line without its end off `text`; none when no line end is left.
std::optional<std::string_view> take_line(std::string_view& text) {
  const size_t end = text.find('\n');
  if (end == std::string_view::npos) return {};
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Result<void> parse_status_line(std::string_view line, Message& message) {
  const std::string_view code = line.substr(8, 3);
  const auto status = parse_decimal(code, 699);
  if (code.size() != 3 || !status || *status < 100 || (line.size() > 11 && line[11] != ' ')) {
    return fail(Errc::BadSyntax, "not a status line");
  }
  message.status = static_cast<int>(*status);
  message.reason = line.size() > 12 ? trim(line.substr(12)) : std::string_view();
  return {};
}

Result<void> parse_request_line(std::string_view line, Message& message) {
  const auto [method, rest] = cut(line, ' ');
  const auto [uri, version] = cut(rest, ' ');
  if (!is_token(method) || uri.empty() || !uri.contains(':') || uri.contains('<')) {
    return fail(Errc::BadSyntax, "not a request line");
  }
  if (!iequals(version, "SIP/2.0")) {
    return fail(
        version.starts_with("SIP/") && !version.contains(' ') ? Errc::BadVersion : Errc::BadSyntax,
        "not SIP/2.0");
  }
  message.method = method;
  message.request_uri = uri;
  return {};
}

Result<void> parse_start_line(std::string_view line, Message& message) {
  if (has_control(line)) return fail(Errc::BadSyntax, "control characters in the start line");
  if (line.size() >= 11 && iequals(line.substr(0, 8), "SIP/2.0 ")) {
    return parse_status_line(line, message);
  }
  return parse_request_line(line, message);
}

Result<void> parse_headers(std::string_view& text, Message& message) {
  while (const auto line = take_line(text)) {
    if (line->empty()) return {};
    if (has_control(*line)) return fail(Errc::BadSyntax, "control characters in a header");
    if (line->front() == ' ' || line->front() == '\t') {  // folded
      if (message.headers.empty()) return fail(Errc::BadSyntax, "a folded line without header");
      std::string& value = message.headers.back().value;
      const std::string_view more = trim(*line);
      if (!value.empty() && !more.empty()) value += ' ';
      value += more;
      continue;
    }
    const size_t colon = line->find(':');
    const std::string_view name = trim(line->substr(0, colon));
    if (colon == std::string_view::npos || !is_token(name)) {
      return fail(Errc::BadSyntax, "a header without name");
    }
    if (message.headers.size() == kMaxHeaders) return fail(Errc::Exhausted, "too many headers");
    message.headers.push_back(
        {std::string(long_name(name)), std::string(trim(line->substr(colon + 1)))});
  }
  return fail(Errc::Truncated, "no empty line behind the headers");
}

/// Content-Length; none when it is missing. Two that differ are an attack or a bug.
Result<std::optional<size_t>> content_length(const Message& message) {
  std::optional<size_t> length;
  for (const auto& header : message.headers) {
    if (!iequals(header.name, "Content-Length")) continue;
    const auto value = parse_decimal(header.value, 1u << 30);
    if (!value || (length && *length != *value)) {
      return fail(Errc::BadSyntax, "Content-Length is no number");
    }
    length = value;
  }
  return length;
}

Result<Message> parse_head(std::string_view& text) {
  Message message;
  auto line = take_line(text);
  while (line && line->empty()) line = take_line(text);  // §7.5
  if (!line) return fail(Errc::Truncated, "no start line");
  if (const auto ok = parse_start_line(*line, message); !ok) return std::unexpected(ok.error());
  if (const auto ok = parse_headers(text, message); !ok) return std::unexpected(ok.error());
  return message;
}

}  // namespace

std::string long_header_name(std::string_view name) { return std::string(long_name(name)); }

Result<Message> Message::parse(BytesView bytes, Framing framing) {
  if (bytes.size() > kMaxMessageBytes) return fail(Errc::Exhausted, "the message is too large");
  std::string_view text = as_text(bytes);
  auto message = parse_head(text);
  if (!message) return message;
  const auto length = content_length(*message);
  if (!length) return std::unexpected(length.error());
  if (!*length && framing == Framing::Stream) {
    return fail(Errc::BadSyntax, "no Content-Length on a stream");
  }
  if (*length && **length > text.size()) {
    return fail(Errc::Truncated, "Content-Length is larger than the body");
  }
  message->body = text.substr(0, length->value_or(text.size()));
  return message;
}

Result<size_t> framed_length(BytesView bytes) {
  const std::string_view all = as_text(bytes);
  std::string_view text = all;
  const auto message = parse_head(text);
  if (!message) {
    if (message.error().code == Errc::Truncated && bytes.size() < kMaxMessageBytes) return 0;
    return std::unexpected(message.error());
  }
  const auto length = content_length(*message);
  if (!length) return std::unexpected(length.error());
  if (!*length) return fail(Errc::BadSyntax, "no Content-Length on a stream");
  const size_t total = all.size() - text.size() + **length;
  if (total > kMaxMessageBytes) return fail(Errc::Exhausted, "the message is too large");
  return total <= all.size() ? total : 0;
}

std::string Message::to_string() const {
  std::string text;
  text.reserve(512 + body.size());
  if (is_request()) {
    text += method + ' ' + request_uri + " SIP/2.0\r\n";
  } else {
    text += "SIP/2.0 " + std::to_string(status) + ' ' + reason + "\r\n";
  }
  for (const Header& header : headers) {
    if (iequals(header.name, "Content-Length")) continue;
    text += header.name + ": " + header.value + "\r\n";
  }
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

const std::string* Message::find(std::string_view name) const {
  const auto at =
      std::ranges::find_if(headers, [&](const Header& h) { return iequals(h.name, name); });
  return at == headers.end() ? nullptr : &at->value;
}

std::string Message::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? *value : std::string();
}

std::vector<std::string> Message::values(std::string_view name) const {
  std::vector<std::string> result;
  for (const Header& header : headers) {
    if (!iequals(header.name, name)) continue;
    for (const std::string_view value : split_outside_quotes(header.value, ',')) {
      if (!value.empty() && result.size() < kMaxHeaders) result.emplace_back(value);
    }
  }
  return result;
}

void Message::add(std::string_view name, std::string_view value) {
  headers.push_back({std::string(name), without_control(value)});
}

void Message::add_front(std::string_view name, std::string_view value) {
  headers.insert(headers.begin(), {std::string(name), without_control(value)});
}

void Message::set(std::string_view name, std::string_view value) {
  for (Header& header : headers) {
    if (iequals(header.name, name)) {
      header.value = without_control(value);
      return;
    }
  }
  add(name, value);
}

void Message::remove(std::string_view name) {
  std::erase_if(headers, [&](const Header& h) { return iequals(h.name, name); });
}

void Message::set_body(std::string_view content_type, std::string content) {
  set("Content-Type", content_type);
  body = std::move(content);
}

std::string_view Message::sdp() const {
  return iequals(trim(cut(get("Content-Type"), ';').first), "application/sdp") ? body
                                                                               : std::string_view();
}

Result<Via> Via::parse(std::string_view text) {
  const size_t first = text.find('/');
  const size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos || !iequals(trim(text.substr(0, first)), "SIP") ||
      trim(text.substr(first + 1, second - first - 1)) != "2.0") {
    return fail(Errc::BadSyntax, "Via is not SIP/2.0");
  }
  const std::string_view rest = trim(text.substr(second + 1));
  const size_t blank = rest.find_first_of(" \t");
  if (blank == std::string_view::npos) return fail(Errc::BadSyntax, "Via without sent-by");
  Via via;
  via.transport = rest.substr(0, blank);
  if (!is_token(via.transport)) return fail(Errc::BadSyntax, "Via without transport");
  const std::string_view tail = rest.substr(blank);
  const size_t semicolon = std::min(tail.find(';'), tail.size());
  std::string sent_by(trim(tail.substr(0, semicolon)));
  std::erase_if(sent_by, [](char c) { return c == ' ' || c == '\t'; });  // "host : 5060" is legal
  auto host_port = HostPort::parse(sent_by);
  if (!host_port) return std::unexpected(host_port.error());
  via.sent_by = std::move(*host_port);
  auto params = Params::parse(tail.substr(semicolon));
  if (!params) return std::unexpected(params.error());
  via.params = std::move(*params);
  return via;
}

std::string Via::to_string() const {
  std::string text = "SIP/2.0/" + transport + ' ' + bracketed(sent_by.host);
  if (sent_by.port != 0) text += ':' + std::to_string(sent_by.port);
  return text + params.to_string();
}

Result<Received> Received::from_message(Message message) {
  Received received;
  for (const std::string_view once : {"From", "To", "Call-ID", "CSeq"}) {
    const auto count = std::ranges::count_if(
        message.headers, [&](const Message::Header& h) { return iequals(h.name, once); });
    if (count != 1) return fail(Errc::BadSyntax, "not exactly one " + std::string(once));
  }
  const auto vias = message.values("Via");
  if (vias.empty()) return fail(Errc::BadSyntax, "no Via");
  auto via = Via::parse(vias.front());
  if (!via) return std::unexpected(via.error());
  auto from = NameAddr::parse(message.get("From"));
  if (!from) return fail(Errc::BadSyntax, "From: " + from.error().cause);
  auto to = NameAddr::parse(message.get("To"));
  if (!to) return fail(Errc::BadSyntax, "To: " + to.error().cause);
  received.call_id = message.get("Call-ID");
  if (received.call_id.empty() || received.call_id.size() > 512) {
    return fail(Errc::BadSyntax, "Call-ID is empty or too long");
  }
  const std::string cseq = message.get("CSeq");
  const size_t blank = std::min(cseq.find_first_of(" \t"), cseq.size());
  const auto number = parse_decimal(std::string_view(cseq).substr(0, blank), 0x7fffffff);
  received.cseq_method = trim(std::string_view(cseq).substr(blank));
  if (!number || !is_token(received.cseq_method)) return fail(Errc::BadSyntax, "not a CSeq");
  if (message.is_request() && received.cseq_method != message.method) {
    return fail(Errc::BadSyntax, "CSeq names another method");
  }
  received.cseq = static_cast<uint32_t>(*number);
  received.via = std::move(*via);
  received.from = std::move(*from);
  received.to = std::move(*to);
  received.message = std::move(message);
  return received;
}

}  // namespace sipcast::sip
