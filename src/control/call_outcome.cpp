#include "control/call_outcome.hpp"

#include <fmt/core.h>

#include <utility>

#include "base/text.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kNormal = "Normal call clearing";
constexpr std::string_view kBusy = "Busy";
constexpr std::string_view kTimeout = "Failed by request timeout";
constexpr std::string_view kNoCodecs = "No common codecs";
constexpr std::string_view kSession = "Failed by session creation";
constexpr std::string_view kError = "Failed by error";

CallOutcome failed(std::string_view info, const sip::Ending& ending) {
  return {.sip_status = ending.sip_status, .info = std::string(info), .cause = ending.cause};
}

CallOutcome finished(std::string cause) {
  return {.status = CallStatus::Finish,
          .info = std::string(kNormal),
          .cause = std::move(cause),
          .reason = EndReason::SourceStopped};
}

/// A 488 in words: what we offered, and what the phone says that it has, if it does.
std::string both_sides_codecs(const sip::Ending& ending, const std::string& offered) {
  const std::string theirs = ending.sdp.empty() ? "" : sdp::codec_summary(ending.sdp);
  return fmt::format("{}; we offered {}; the phone {}", ending.cause, offered,
                     theirs.empty() ? "does not say what it has" : "has " + theirs);
}

CallOutcome sip_ended(const sip::Ending& ending, const std::string& offered) {
  if (ending.timeout) return failed(kTimeout, ending);
  switch (ending.sip_status) {
    case 408:
      return failed(kTimeout, ending);
    case 415:
    case 488:
    case 606: {
      CallOutcome outcome = failed(kNoCodecs, ending);
      outcome.cause = both_sides_codecs(ending, offered);
      return outcome;
    }
    case 486:
    case 600: {
      CallOutcome outcome = failed(kBusy, ending);
      outcome.status = CallStatus::Busy;
      return outcome;
    }
    case 487: {
      CallOutcome outcome = failed(kNormal, ending);
      outcome.status = CallStatus::Finish;
      return outcome;
    }
    default:
      return failed(kSession, ending);
  }
}

}  // namespace

std::string_view to_string(CallEnd end) {
  switch (end) {
    case CallEnd::HungUpByUs:
      return "hung_up_by_us";
    case CallEnd::HungUpByPhone:
      return "hung_up_by_phone";
    case CallEnd::CannotStart:
      return "cannot_start";
    case CallEnd::NoPorts:
      return "no_ports";
    case CallEnd::RegisterFailed:
      return "register_failed";
    case CallEnd::NotAnswered:
      return "not_answered";
    case CallEnd::NoCommonCodec:
      return "no_common_codec";
    case CallEnd::SipEnded:
      return "sip_ended";
    case CallEnd::RtpSilent:
      return "rtp_silent";
    case CallEnd::TooLong:
      return "too_long";
    case CallEnd::Transferred:
      return "transferred";
    case CallEnd::NobodyWatched:
      return "nobody_watched";
  }
  std::unreachable();
}

std::string_view to_string(EndReason reason) {
  switch (reason) {
    case EndReason::SourceStopped:
      return "source_stopped";
    case EndReason::SourceFailed:
      return "source_failed";
    case EndReason::NoMedia:
      return "no_media";
    case EndReason::Shutdown:
      return "shutdown";
  }
  std::unreachable();
}

CallOutcome outcome_of(CallEnd end, const sip::Ending& ending, const std::string& offered) {
  switch (end) {
    case CallEnd::HungUpByUs:
      return finished("hung up by us");
    case CallEnd::HungUpByPhone:
      return finished(ending.cause.empty() ? "the far side hung up" : ending.cause);
    case CallEnd::CannotStart:
      return failed(kSession, ending);
    case CallEnd::NoPorts:
      return failed(kError, ending);
    case CallEnd::RegisterFailed: {
      CallOutcome outcome = sip_ended(ending, offered);
      outcome.status = CallStatus::Failed;
      outcome.cause = "REGISTER failed: " + ending.cause;
      return outcome;
    }
    case CallEnd::NotAnswered:
      return failed(kTimeout, {.cause = "nobody answered the call"});
    case CallEnd::NoCommonCodec:
      return failed(kNoCodecs, {.sip_status = 200, .cause = ending.cause});
    case CallEnd::SipEnded:
      return sip_ended(ending, offered);
    case CallEnd::RtpSilent: {
      CallOutcome outcome = failed(kError, ending);
      outcome.reason = EndReason::NoMedia;
      return outcome;
    }
    case CallEnd::TooLong:
    case CallEnd::NobodyWatched:
    case CallEnd::Transferred:
      return finished(ending.cause);
  }
  std::unreachable();
}

}  // namespace sipcast
