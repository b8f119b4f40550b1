#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "sip/uri.hpp"

namespace sipcast::sip {

constexpr size_t kMaxMessageBytes = 65535;
constexpr size_t kMaxHeaders = 256;

enum class Framing : uint8_t { Datagram, Stream };

/// A SIP request or response (RFC 3261 §7) as its list of headers, in order. A plain value.
struct Message {
  struct Header {
    std::string name;  ///< the long form
    std::string value;
  };
  std::string method;  ///< "" in a response
  std::string request_uri;
  int status = 0;  ///< 0 in a request
  std::string reason;
  std::vector<Header> headers;
  std::string body;

  /// Parses one whole message. Long and compact names, folded lines, LF for CRLF. Content-Length
  /// cuts a longer body; Stream demands it. Errors: Truncated, BadSyntax, BadVersion, Exhausted
  /// (larger than kMaxMessageBytes or kMaxHeaders).
  static Result<Message> parse(BytesView bytes, Framing framing);
  /// Content-Length is written here and never kept among the headers of what we make.
  std::string to_string() const;

  bool is_request() const { return !method.empty(); }
  /// Value of the first such header; nullptr when there is none.
  const std::string* find(std::string_view name) const;
  std::string get(std::string_view name) const;  ///< "" when there is none
  /// All values of a list header such as Via, Route, Contact: several headers, commas.
  std::vector<std::string> values(std::string_view name) const;
  /// Appends; line breaks and other control characters in `value` become spaces.
  void add(std::string_view name, std::string_view value);
  void add_front(std::string_view name, std::string_view value);
  void set(std::string_view name, std::string_view value);
  void remove(std::string_view name);
  void set_body(std::string_view content_type, std::string content);
  /// The body if it is application/sdp, else "".
  std::string_view sdp() const;
};

/// How long the first message in `bytes` of a TCP connection is, leading CRLFs included; 0: not
/// known yet, wait for more. Errors: BadSyntax (no Content-Length), Exhausted (too large).
Result<size_t> framed_length(BytesView bytes);

/// One Via (RFC 3261 §20.42).
struct Via {
  std::string transport;  ///< "UDP"
  HostPort sent_by;
  Params params;
  /// Errors: BadSyntax.
  static Result<Via> parse(std::string_view text);
  std::string to_string() const;
};

/// A message from outside, with the headers that each message must have already understood.
struct Received {
  Message message;
  Via via;  ///< the topmost
  NameAddr from, to;
  std::string call_id;
  uint32_t cseq = 0;
  std::string cseq_method;

  /// Errors: BadSyntax naming the header that is missing or wrong.
  static Result<Received> from_message(Message message);
  std::string branch() const { return via.params.get("branch"); }
  std::string from_tag() const { return from.params.get("tag"); }
  std::string to_tag() const { return to.params.get("tag"); }
};

/// "From" for the compact "f"; other names as they are.
std::string long_header_name(std::string_view name);

/// "Busy Here" for 486 (RFC 3261 §21); a general word for codes that are not in the list.
std::string_view reason_phrase(int status);

}  // namespace sipcast::sip
