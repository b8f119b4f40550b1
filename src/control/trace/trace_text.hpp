#pragma once
#include <string>
#include <string_view>

#include "control/call_info.hpp"
#include "control/media_worker.hpp"
#include "control/trace/call_trace.hpp"

namespace sipcast {

/// "INVITE sip:bob@lab [audio: opus, PCMU]", "488 Not Acceptable Here (INVITE)": a message in one
/// line.
std::string one_line(const TracedMessage& message);

/// The SDP that was said last by us, or by the phone; "" when there is none.
std::string_view last_sdp(const CallTrace& trace, bool sent);

/// What an operator reads: the call and its end, how long each step of its start took, a ladder of
/// SIP messages and events, its media, and at last the messages as they were.
std::string to_text(const CallTrace& trace, const CallInfo& info,
                    const MediaWorker::CallActivity& media);

}  // namespace sipcast
