#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sip/message.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

/// RFC 3261 §12: what two user agents share. A plain value.
struct Dialog {
  std::string call_id;
  std::string local_party, remote_party;  ///< values of From and To, tags included
  std::string local_tag, remote_tag;
  std::string remote_target;        ///< URI
  std::vector<std::string> routes;  ///< in the order in which requests of ours pass them
  uint32_t local_cseq = 0;
  std::optional<uint32_t> remote_cseq;
  bool peer_allows_update = false;  ///< its Allow lists UPDATE (RFC 3311)
  Target fallback;                  ///< where the first message went or came from

  /// The caller's side (§12.1.2), early or confirmed. `request` is the INVITE as it was sent.
  static Dialog from_response(const Message& request, const Received& response,
                              const Target& sent_to);
  /// The callee's side (§12.1.1).
  static Dialog from_request(const Received& request, const std::string& local_tag,
                             const Target& source);

  /// A request in this dialog with its Route headers, without Via (§12.2.1.1). A strict router in
  /// front takes the place of the Request-URI.
  Message request(std::string_view method, uint32_t cseq) const;
  /// Where request() is sent.
  Target next_hop() const;
  /// §12.2: the Contact of a target refresh request or its 2xx; ignored when it is no sip: URI.
  void refresh_target(const Message& message);
  /// Remembers what the peer's Allow says; nothing without one.
  void note_allow(const Message& message);
  /// False for a request older than the last one (§12.2.2); remembers its number.
  bool take_cseq(uint32_t cseq);
};

}  // namespace sipcast::sip
