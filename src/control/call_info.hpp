#pragma once
#include <optional>
#include <string>

#include "base/strong.hpp"
#include "base/time.hpp"
#include "control/call_outcome.hpp"
#include "sip/user_agent.hpp"

namespace sipcast {

/// A call as it was asked for.
struct StartCall {
  CallId id;
  std::string callee;
  StreamName stream;  ///< "": the call's own id
  bool has_audio = true, has_video = false;
  bool register_first = true;
  bool any_transport = false;  ///< neither port nor transport were given: DNS chooses (RFC 3263)
  sip::Account account;
  std::string app_key = "defaultApp";
  std::string rtmp_url, rtmp_stream;
  bool record = false;
};

/// The last transfer of a call, in either direction.
struct CallTransfer {
  std::string target;  ///< URI
  std::string status;  ///< "PENDING", "DONE", "FAILED"
};

/// A call as it is.
struct CallInfo {
  StartCall asked;  ///< the account's password is empty here
  CallStatus status = CallStatus::New;
  int sip_status = 0;
  std::string info;            ///< WCS's word for a final status, e.g. "Normal call clearing"
  std::string cause;           ///< plain words
  std::optional<CallEnd> end;  ///< why it ended; none while it runs
  std::string rtmp_status;     ///< of the push that was asked for with the call
  std::optional<CallTransfer> transfer;
  bool incoming = false;  ///< the phone called us
  bool live = false;
  bool terminated = false;  ///< by our own user: it is not shown any more
  WallTime created{};
};

}  // namespace sipcast
