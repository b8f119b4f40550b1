#include "sip/uri.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::sip {
namespace {

constexpr size_t kMaxParams = 64;

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_user_char(char c) {
  return is_alnum(c) || std::string_view("-_.!~*'()&=+$,;?/").contains(c);
}
/// What may stand inside of a URI: no blanks, no controls, no delimiters of name-addr.
bool is_uri_text(std::string_view text) {
  return std::ranges::none_of(
      text, [](char c) { return is_control(c) || c == ' ' || c == '<' || c == '>' || c == '"'; });
}
int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Position behind the quoted string that begins at `at`; npos when it does not end.
size_t skip_quoted(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    if (text[at] == '\\') {
      ++at;
    } else if (text[at] == '"') {
      return at + 1;
    }
  }
  return std::string_view::npos;
}

}  // namespace

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || std::string_view("-.!%*_+`'~").contains(c);
  });
}

std::vector<std::string_view> split_outside_quotes(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  size_t begin = 0;
  bool in_brackets = false;
  for (size_t i = 0; i < text.size();) {
    if (text[i] == '"') {
      i = std::min(skip_quoted(text, i), text.size());
      continue;
    }
    if (text[i] == '<') in_brackets = true;
    if (text[i] == '>') in_brackets = false;
    if (text[i] == separator && !in_brackets) {
      pieces.push_back(trim(text.substr(begin, i - begin)));
      begin = i + 1;
    }
    ++i;
  }
  pieces.push_back(trim(text.substr(begin)));
  return pieces;
}

Result<Params> Params::parse(std::string_view text) {
  Params params;
  text = trim(text);
  if (text.empty()) return params;
  if (text[0] != ';') return fail(Errc::BadSyntax, "parameters that do not begin with ';'");
  for (const std::string_view piece : split_outside_quotes(text.substr(1), ';')) {
    if (piece.empty()) continue;  // ";;" is seen in the field
    const auto [name, value] = cut(piece, '=');
    const std::string_view key = trim(name);
    if (key.empty() || !is_uri_text(key)) return fail(Errc::BadSyntax, "a parameter without name");
    if (params.items_.size() == kMaxParams) return fail(Errc::BadSyntax, "too many parameters");
    if (!params.find(key)) params.items_.push_back({std::string(key), std::string(trim(value))});
  }
  return params;
}

const std::string* Params::find(std::string_view name) const {
  const auto at =
      std::ranges::find_if(items_, [&](const Item& i) { return iequals(i.name, name); });
  return at == items_.end() ? nullptr : &at->value;
}

std::string Params::get(std::string_view name) const {
  const std::string* value = find(name);
  return value ? *value : std::string();
}

void Params::set(std::string_view name, std::string value) {
  for (Item& item : items_) {
    if (iequals(item.name, name)) {
      item.value = std::move(value);
      return;
    }
  }
  items_.push_back({std::string(name), std::move(value)});
}

std::string Params::to_string() const {
  std::string text;
  for (const Item& item : items_) {
    text += ';' + item.name;
    if (!item.value.empty()) text += '=' + item.value;
  }
  return text;
}

Result<HostPort> HostPort::parse(std::string_view text) {
  HostPort result;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return fail(Errc::BadSyntax, "an IPv6 literal without ']'");
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (result.host.empty() || !std::ranges::all_of(result.host, [](char c) {
          return hex_digit(c) >= 0 || c == ':' || c == '.';
        })) {
      return fail(Errc::BadSyntax, "not an IPv6 literal");
    }
  } else {
    const size_t colon = std::min(text.find(':'), text.size());
    result.host = text.substr(0, colon);
    rest = text.substr(colon);
    if (result.host.empty() || result.host.size() > 255 ||
        !std::ranges::all_of(
            result.host, [](char c) { return is_alnum(c) || c == '-' || c == '.' || c == '_'; })) {
      return fail(Errc::BadSyntax, "not a host name");
    }
  }
  if (rest.empty()) return result;
  const auto port = parse_decimal(rest.substr(1), 65535);
  if (rest[0] != ':' || !port || *port == 0) return fail(Errc::BadSyntax, "not a port");
  result.port = static_cast<uint16_t>(*port);
  return result;
}

Result<Uri> Uri::parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return fail(Errc::BadSyntax, "a URI without scheme");
  Uri uri;
  uri.secure = iequals(text.substr(0, colon), "sips");
  if (!uri.secure && !iequals(text.substr(0, colon), "sip")) {
    return fail(Errc::Unsupported, "not a sip: URI");
  }
  std::string_view rest = text.substr(colon + 1);
  if (!is_uri_text(rest)) return fail(Errc::BadSyntax, "blanks or quotes in a URI");
  const size_t at = rest.find('@');
  if (at != std::string_view::npos) {
    const auto [user, password] = cut(rest.substr(0, at), ':');
    if (user.empty()) return fail(Errc::BadSyntax, "an empty user part");
    uri.user = user;
    uri.password = password;
    rest.remove_prefix(at + 1);
    if (rest.contains('@')) return fail(Errc::BadSyntax, "two '@' in a URI");
  }
  const size_t question = std::min(rest.find('?'), rest.size());
  if (question < rest.size()) uri.headers = rest.substr(question + 1);
  rest = rest.substr(0, question);
  const size_t semicolon = std::min(rest.find(';'), rest.size());
  auto host_port = HostPort::parse(rest.substr(0, semicolon));
  if (!host_port) return std::unexpected(host_port.error());
  uri.host = std::move(host_port->host);
  uri.port = host_port->port;
  auto params = Params::parse(rest.substr(semicolon));
  if (!params) return std::unexpected(params.error());
  uri.params = std::move(*params);
  return uri;
}

std::string Uri::to_string() const {
  std::string text = secure ? "sips:" : "sip:";
  if (!user.empty()) {
    text += user;
    if (!password.empty()) text += ':' + password;
    text += '@';
  }
  text += bracketed(host);
  if (port != 0) text += ':' + std::to_string(port);
  text += params.to_string();
  if (!headers.empty()) text += '?' + headers;
  return text;
}

Result<NameAddr> NameAddr::parse(std::string_view text) {
  text = trim(text);
  NameAddr result;
  size_t open = 0;
  if (text.starts_with('"')) {
    const size_t end = skip_quoted(text, 0);
    if (end == std::string_view::npos) return fail(Errc::BadSyntax, "a name without end quote");
    result.display_name = unquoted(text.substr(0, end));
    open = text.find('<', end);
    if (open == std::string_view::npos || !trim(text.substr(end, open - end)).empty()) {
      return fail(Errc::BadSyntax, "a name without <URI>");
    }
  } else {
    open = text.find('<');
    if (open != std::string_view::npos) result.display_name = trim(text.substr(0, open));
  }
  std::string_view params;
  if (open == std::string_view::npos) {  // addr-spec: every parameter is the header's (§20)
    const size_t semicolon = std::min(text.find(';'), text.size());
    result.uri = trim(text.substr(0, semicolon));
    params = text.substr(semicolon);
  } else {
    const size_t close = text.find('>', open);
    if (close == std::string_view::npos) return fail(Errc::BadSyntax, "a <URI without '>'");
    result.uri = trim(text.substr(open + 1, close - open - 1));
    params = text.substr(close + 1);
  }
  const size_t colon = result.uri.find(':');
  if (colon == std::string::npos || !is_token(std::string_view(result.uri).substr(0, colon)) ||
      !is_uri_text(result.uri)) {
    return fail(Errc::BadSyntax, "not a URI");
  }
  auto parsed = Params::parse(params);
  if (!parsed) return std::unexpected(parsed.error());
  result.params = std::move(*parsed);
  return result;
}

std::string NameAddr::to_string() const {
  std::string text = display_name.empty() ? std::string() : quoted(display_name) + ' ';
  return text + '<' + uri + '>' + params.to_string();
}

std::string escape_user(std::string_view user) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (const char c : user) {
    if (is_user_char(c)) {
      text += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      text += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return text;
}

std::string unescape(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      result += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      result += text[i];
    }
  }
  return result;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += is_control(c) ? ' ' : c;
  }
  return result + '"';
}

std::string unquoted(std::string_view text) {
  text = trim(text);
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::string(text);
  text = text.substr(1, text.size() - 2);
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    result += text[i];
  }
  return result;
}

std::string bracketed(std::string_view host) {
  return host.contains(':') && !host.starts_with('[') ? "[" + std::string(host) + "]"
                                                      : std::string(host);
}

}  // namespace sipcast::sip
