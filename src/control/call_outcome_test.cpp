#include "control/call_outcome.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(CallOutcome, EveryEndHasItsWords) {
  struct Case {
    CallEnd end;
    sip::Ending ending;
    CallStatus status;
    const char *info, *cause;
  };
  const std::string offered = "audio: opus, PCMU; video: H264";
  for (const Case& c : {
           Case{CallEnd::HungUpByUs,
                {},
                CallStatus::Finish,
                "Normal call clearing",
                "hung up by us"},
           Case{CallEnd::HungUpByPhone,
                {},
                CallStatus::Finish,
                "Normal call clearing",
                "the far side hung up"},
           Case{CallEnd::CannotStart,
                {.cause = "no such name"},
                CallStatus::Failed,
                "Failed by session creation",
                "no such name"},
           Case{CallEnd::NoPorts,
                {.cause = "no ports"},
                CallStatus::Failed,
                "Failed by error",
                "no ports"},
           Case{CallEnd::RegisterFailed,
                {.sip_status = 403, .cause = "SIP 403 Forbidden"},
                CallStatus::Failed,
                "Failed by session creation",
                "REGISTER failed: SIP 403 Forbidden"},
           Case{CallEnd::RegisterFailed,
                {.cause = "silent", .timeout = true},
                CallStatus::Failed,
                "Failed by request timeout",
                "REGISTER failed: silent"},
           Case{CallEnd::NotAnswered,
                {},
                CallStatus::Failed,
                "Failed by request timeout",
                "nobody answered the call"},
           Case{CallEnd::NoCommonCodec,
                {.cause = "only H263"},
                CallStatus::Failed,
                "No common codecs",
                "only H263"},
           Case{CallEnd::SipEnded,
                {.sip_status = 486, .cause = "SIP 486 Busy Here"},
                CallStatus::Busy,
                "Busy",
                "SIP 486 Busy Here"},
           Case{CallEnd::SipEnded,
                {.sip_status = 603, .cause = "SIP 603 Decline"},
                CallStatus::Failed,
                "Failed by session creation",
                "SIP 603 Decline"},
           Case{CallEnd::SipEnded,
                {.sip_status = 487, .cause = "x"},
                CallStatus::Finish,
                "Normal call clearing",
                "x"},
           Case{CallEnd::SipEnded,
                {.sip_status = 408, .cause = "x"},
                CallStatus::Failed,
                "Failed by request timeout",
                "x"},
           Case{CallEnd::SipEnded,
                {.sip_status = 488, .cause = "SIP 488 Not Acceptable Here"},
                CallStatus::Failed,
                "No common codecs",
                "SIP 488 Not Acceptable Here; we offered audio: opus, PCMU; video: H264; the phone "
                "does not say what it has"},
           Case{CallEnd::SipEnded,
                {.sip_status = 488,
                 .cause = "SIP 488 No",
                 .sdp = "v=0\r\nm=audio 0 RTP/AVP 18\r\na=rtpmap:18 G729/8000\r\n"},
                CallStatus::Failed,
                "No common codecs",
                "SIP 488 No; we offered audio: opus, PCMU; video: H264; the phone has audio: G729 "
                "(refused)"},
           Case{CallEnd::RtpSilent,
                {.cause = "no RTP for 5 s"},
                CallStatus::Failed,
                "Failed by error",
                "no RTP for 5 s"},
           Case{CallEnd::TooLong,
                {.cause = "1 h"},
                CallStatus::Finish,
                "Normal call clearing",
                "1 h"},
       }) {
    const CallOutcome outcome = outcome_of(c.end, c.ending, offered);
    SCOPED_TRACE(c.cause);
    EXPECT_EQ(outcome.status, c.status);
    EXPECT_EQ(outcome.info, c.info);
    EXPECT_EQ(outcome.cause, c.cause);
  }
}

}  // namespace
}  // namespace sipcast
