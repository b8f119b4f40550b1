#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sipcast::sdp {

inline constexpr size_t kMaxSdpBytes = 64 * 1024;
inline constexpr size_t kMaxSdpLines = 2048;
inline constexpr size_t kMaxMediaLines = 32;
inline constexpr size_t kMaxFormats = 128;  ///< of one m-line

/// `a=name` or `a=name:value`.
struct Attribute {
  std::string name;
  std::string value;
  friend bool operator==(const Attribute&, const Attribute&) = default;
};
using AttributeList = std::vector<Attribute>;

/// The value of the first attribute of this name (exact case, RFC 8866 §5.13); nullptr: none.
const std::string* find_attribute(const AttributeList& attributes, std::string_view name);

/// One m= line and what belongs to it (RFC 8866 §5.14).
struct MediaDescription {
  std::string kind;      ///< "audio", "video", "application", ...
  uint16_t port = 0;     ///< 0: refused, or only inside of a bundle
  std::string protocol;  ///< "RTP/AVP", "UDP/TLS/RTP/SAVPF", ...
  std::vector<std::string> formats;
  std::string connection;           ///< first c= value, "IN IP4 192.0.2.1"; empty: the session's
  std::vector<std::string> others;  ///< i=, b=, k= lines as they are
  AttributeList attributes;
  size_t line = 0;  ///< of the m= line in the text, from 1; 0 when not parsed

  const std::string* find(std::string_view name) const { return find_attribute(attributes, name); }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  void add(std::string_view name, std::string_view value = {}) {
    attributes.emplace_back(std::string(name), std::string(value));
  }
};

struct SessionDescription {
  std::string origin = "- 0 0 IN IP4 0.0.0.0";  ///< o= value
  std::string session_name = "-";               ///< s= value
  std::string connection;                       ///< first c= value; may be empty
  std::string timing = "0 0";                   ///< t= value
  std::vector<std::string> others;  ///< i=, u=, e=, p=, b=, r=, z=, k= lines as they are
  AttributeList attributes;
  std::vector<MediaDescription> media;

  const std::string* find(std::string_view name) const { return find_attribute(attributes, name); }
  void add(std::string_view name, std::string_view value = {}) {
    attributes.emplace_back(std::string(name), std::string(value));
  }
};

/// Parses a description. Lines end with LF, CRLF or CR; lines that are no `x=...`, hold control
/// characters or are of an unknown type are skipped, so what comes out is always fit to be written
/// again. Errors: BadSyntax (does not begin with v=0, a bad m= line, which is named by its number),
/// Exhausted (a limit above).
Result<SessionDescription> parse_session(std::string_view text);

/// Writes it in the order of RFC 8866 §5, lines end with CRLF.
std::string to_text(const SessionDescription& session);

/// For error texts: "m=video (line 12)".
std::string describe(const MediaDescription& media);

}  // namespace sipcast::sdp
