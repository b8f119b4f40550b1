#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "control/call_status.hpp"
#include "sip/user_agent.hpp"
#include "stream/packet_sink.hpp"

namespace sipcast {

/// Every way in which a call can end.
enum class CallEnd : uint8_t {
  HungUpByUs,
  HungUpByPhone,
  CannotStart,     ///< a name that does not resolve, a callee that is none
  NoPorts,         ///< of ours, for media
  RegisterFailed,  ///< with its Ending
  NotAnswered,     ///< rang for longer than the option allows
  NoCommonCodec,   ///< answered, with nothing that we take
  SipEnded,        ///< with its Ending: refused, silent, cancelled, lost in the middle
  RtpSilent,       ///< the option's time without RTP
  TooLong,         ///< the option's greatest duration
  Transferred,     ///< by us, to another phone
  NobodyWatched,   ///< the option's time without any reader of the stream
};

/// "hung_up_by_us", "sip_ended": the reason in events, replies and metrics.
std::string_view to_string(CallEnd end);
/// "source_stopped", "no_media".
std::string_view to_string(EndReason reason);

/// How that looks from outside.
struct CallOutcome {
  CallStatus status = CallStatus::Failed;
  int sip_status = 0;  ///< 0: leave the last one
  std::string info;    ///< WCS's own words (wcs-rest 2.5)
  std::string cause;   ///< plain words
  EndReason reason = EndReason::SourceFailed;
};

/// The one place that maps the one to the other. `ending` is of SipEnded and RegisterFailed, else
/// its `cause` holds what else is known; `offered` are our own codecs, for a 488.
CallOutcome outcome_of(CallEnd end, const sip::Ending& ending, const std::string& offered);

}  // namespace sipcast
