#pragma once
#include <optional>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "sip/message.hpp"

namespace sipcast::sip {

/// A request that Message::parse or Received::from_message refused with `error`, as far as an
/// answer needs it (RFC 3261 §8.2.6.2): its start line, Via, From, To, Call-ID and CSeq.
/// `refused.via` may be stamped; it answers nothing else. None when one of them cannot be read, for
/// a response, and for ACK, which is never answered.
struct MalformedRequest {
  Received refused;
  int status = 400;  ///< 505 for another version of SIP
  std::string cause;
};
std::optional<MalformedRequest> read_malformed(BytesView bytes, const Error& error);

}  // namespace sipcast::sip
