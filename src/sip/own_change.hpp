#pragma once
#include <memory>
#include <optional>
#include <string>

#include "sip/core.hpp"

namespace sipcast::sip {

/// One re-INVITE or UPDATE of ours. Lives as long as its transaction: a 2xx may come again.
struct OwnChange {
  std::string method;
  std::string sdp;     ///< "" in an UPDATE that only refreshes
  bool offer = false;  ///< false: a refresh; `sdp` is what we said last
  std::shared_ptr<Dialog> dialog;
  std::shared_ptr<DigestSession> session;
  DigestTries tries;
  Message request;                   ///< as it was sent
  std::optional<Core::SentAck> ack;  ///< of its 2xx
  bool offers() const { return !sdp.empty(); }
};

}  // namespace sipcast::sip
