#include "sdp/session_description.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::sdp {
namespace {

/// Cuts off the first line; its end may be LF, CRLF or CR (an empty line more does no harm).
std::string_view take_line(std::string_view& text) {
  const size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  if (end == std::string_view::npos) {
    text = {};
  } else {
    const bool crlf = text.substr(end, 2) == "\r\n";
    text.remove_prefix(end + (crlf ? 2 : 1));
  }
  return line;
}

bool has_control_characters(std::string_view line) {
  return std::ranges::any_of(line, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7f;
  });
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (;;) {
    const size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    const size_t end = text.find_first_of(" \t");
    found.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return found;
    text.remove_prefix(end);
  }
}

/// `m=<kind> <port>[/<count>] <protocol> <format>...`
Result<MediaDescription> parse_media(std::string_view value, size_t line) {
  const auto fields = words(value);
  if (fields.size() < 3) return fail(Errc::BadSyntax, fmt::format("line {}: a short m=", line));
  const auto port = parse_decimal(cut(fields[1], '/').first, 65535);
  if (!port) return fail(Errc::BadSyntax, fmt::format("line {}: no port in m=", line));
  if (fields.size() - 3 > kMaxFormats) {
    return fail(Errc::Exhausted, fmt::format("line {}: more than {} formats", line, kMaxFormats));
  }
  MediaDescription media;
  media.kind = fields[0];
  media.port = static_cast<uint16_t>(*port);
  media.protocol = fields[2];
  media.formats.assign(fields.begin() + 3, fields.end());
  media.line = line;
  return media;
}

Attribute parse_attribute(std::string_view value) {
  const auto [name, rest] = cut(value, ':');
  return {std::string(trim(name)), std::string(trim(rest))};
}

void take_session_line(SessionDescription& session, char type, std::string_view value,
                       std::string_view line) {
  switch (type) {
    case 'o':
      session.origin = value;
      break;
    case 's':
      session.session_name = value.empty() ? "-" : value;
      break;
    case 'c':
      if (session.connection.empty()) session.connection = value;
      break;
    case 't':
      session.timing = value;
      break;
    case 'a':
      session.attributes.push_back(parse_attribute(value));
      break;
    case 'i':
    case 'u':
    case 'e':
    case 'p':
    case 'b':
    case 'r':
    case 'z':
    case 'k':
      session.others.emplace_back(line);
      break;
    default:
      break;
  }
}

void take_media_line(MediaDescription& media, char type, std::string_view value,
                     std::string_view line) {
  switch (type) {
    case 'c':
      if (media.connection.empty()) media.connection = value;
      break;
    case 'a':
      media.attributes.push_back(parse_attribute(value));
      break;
    case 'i':
    case 'b':
    case 'k':
      media.others.emplace_back(line);
      break;
    default:
      break;
  }
}

void write_attributes(std::string& out, const AttributeList& attributes) {
  for (const auto& [name, value] : attributes) {
    out += "a=" + name;
    if (!value.empty()) out += ":" + value;
    out += "\r\n";
  }
}

void write_line(std::string& out, std::string_view type, std::string_view value) {
  out += type;
  out += value;
  out += "\r\n";
}

void write_media(std::string& out, const MediaDescription& media) {
  out += fmt::format("m={} {} {}", media.kind, media.port, media.protocol);
  for (const std::string& format : media.formats) out += " " + format;
  out += "\r\n";
  if (!media.connection.empty()) write_line(out, "c=", media.connection);
  for (const std::string& other : media.others) write_line(out, "", other);
  write_attributes(out, media.attributes);
}

}  // namespace

const std::string* find_attribute(const AttributeList& attributes, std::string_view name) {
  const auto found = std::ranges::find(attributes, name, &Attribute::name);
  return found == attributes.end() ? nullptr : &found->value;
}

Result<SessionDescription> parse_session(std::string_view text) {
  if (text.size() > kMaxSdpBytes) return fail(Errc::Exhausted, "the SDP is larger than 64 KiB");
  SessionDescription session;
  bool begun = false;
  for (size_t number = 1; !text.empty(); ++number) {
    if (number > kMaxSdpLines) return fail(Errc::Exhausted, "the SDP has more than 2048 lines");
    const std::string_view line = trim(take_line(text));
    if (line.size() < 2 || line[1] != '=' || has_control_characters(line)) continue;
    const char type = line[0];
    const std::string_view value = trim(line.substr(2));
    if (!begun) {
      if (type != 'v' || value != "0") break;
      begun = true;
    } else if (type == 'm') {
      if (session.media.size() == kMaxMediaLines) {
        return fail(Errc::Exhausted, "the SDP has more than 32 m-lines");
      }
      auto media = parse_media(value, number);
      if (!media) return std::unexpected(media.error());
      session.media.push_back(std::move(*media));
    } else if (session.media.empty()) {
      take_session_line(session, type, value, line);
    } else {
      take_media_line(session.media.back(), type, value, line);
    }
  }
  if (!begun) return fail(Errc::BadSyntax, "the SDP does not begin with v=0");
  return session;
}

std::string to_text(const SessionDescription& session) {
  std::string out;
  write_line(out, "v=", "0");
  write_line(out, "o=", session.origin);
  write_line(out, "s=", session.session_name);
  const auto write_others = [&](std::string_view types) {
    for (const std::string& other : session.others) {
      if (types.find(other[0]) != std::string_view::npos) write_line(out, "", other);
    }
  };
  write_others("iuep");
  if (!session.connection.empty()) write_line(out, "c=", session.connection);
  write_others("b");
  write_line(out, "t=", session.timing);
  write_others("rzk");
  write_attributes(out, session.attributes);
  for (const MediaDescription& media : session.media) write_media(out, media);
  return out;
}

std::string describe(const MediaDescription& media) {
  return fmt::format("m={} (line {})", printable(media.kind, 32), media.line);
}

}  // namespace sipcast::sdp
