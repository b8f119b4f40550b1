// What happens in an established call: hold from either side, new descriptions, digits, and the
// watch over its limits.
#include <utility>

#include "base/text.hpp"
#include "control/call.hpp"
#include "sip/dtmf_info.hpp"

namespace sipcast {
namespace {

using sdp::Direction;

Instant now() { return std::chrono::steady_clock::now(); }

/// What both media come to together: the most that we may do.
Direction direction_of(const sdp::SipAgreement& agreement) {
  bool sends = false, receives = false;
  for (const auto* media : {&agreement.audio, &agreement.video}) {
    if (!*media) continue;
    const Direction direction = (*media)->direction;
    sends = sends || direction == Direction::SendRecv || direction == Direction::SendOnly;
    receives = receives || direction == Direction::SendRecv || direction == Direction::RecvOnly;
  }
  if (sends) return receives ? Direction::SendRecv : Direction::SendOnly;
  return receives ? Direction::RecvOnly : Direction::Inactive;
}

}  // namespace

void Call::hold(bool wanted) {
  if (we_hold_ == wanted || over_) return;
  we_hold_ = wanted;
  note(wanted ? "hold asked for" : "the end of hold asked for");
  if (!handle_) return;
  ++sdp_version_;
  env_.sip.agent().reoffer(*handle_, sdp::make_offer(local_sdp()), now());
  env_.sip.rearm();
}

/// A call is held when nothing comes to us any more, or when the phone, which took sound and
/// picture at first, wants none now (it may go on with music).
void Call::agree(const sdp::SipAgreement& agreement) {
  const Direction direction = direction_of(agreement);
  if (!first_direction_) first_direction_ = direction;
  const bool held = direction == Direction::Inactive || direction == Direction::SendOnly ||
                    (direction == Direction::RecvOnly && *first_direction_ == Direction::SendRecv);
  const auto describe = [](const std::optional<sdp::SipMedia>& media) {
    if (!media) return std::string("none");
    return std::string(codec_name(media->send.codec)) + (media->srtp   ? " (SRTP)"
                                                         : media->dtls ? " (DTLS-SRTP)"
                                                                       : "");
  };
  note(fmt::format("media agreed: audio {}, video {}{}", describe(agreement.audio),
                   describe(agreement.video), held ? ", on hold" : ""));
  set_status(held ? CallStatus::Hold : CallStatus::Established, 200);
  worker_.connect_call(key_, agreement);
}

Result<std::string> Call::on_reoffer(std::string_view sdp) {
  ++sdp_version_;
  if (sdp.empty()) return sdp::make_offer(local_sdp());
  auto answer = sdp::make_answer(sdp, local_sdp());
  if (!answer) {
    warn("a new offer of the phone is refused: " + answer.error().cause);
    return std::unexpected(answer.error());
  }
  agree(answer->agreement);
  return answer->sdp;
}

void Call::on_late_answer(std::string_view sdp) { on_reoffer_answered(sdp); }

void Call::on_reoffer_answered(std::string_view sdp) {
  if (over_) return;
  const auto agreement = sdp::read_answer(sdp, local_sdp());
  if (agreement) {
    hold_agreed_ = we_hold_;
    return agree(*agreement);
  }
  warn("the phone's answer to our new offer cannot be used: " + agreement.error().cause);
}

void Call::on_reoffer_failed(const sip::Ending& ending) {
  warn("the phone refuses our new offer; the call goes on as it was: " + ending.cause);
  we_hold_ = hold_agreed_;
}

int Call::on_info(std::string_view content_type, std::string_view body) {
  if (const auto digit = sip::read_dtmf_info(content_type, body)) {
    on_digit(*digit, "INFO");
  } else {
    log_.debug("INFO with {}", printable(content_type));
  }
  return 200;
}

void Call::on_digit(char digit, std::string_view way) {
  log_.info("the phone sends DTMF {} by {}", digit, way);
  tell(EventType::CallDtmf, {{"digit", std::string_view(&digit, 1)}, {"way", way}});
}

Result<void> Call::send_dtmf(std::string_view digits, DtmfType type) {
  return dtmf_.send(digits, type);
}

void Call::start_watch() {
  watch_.emplace(env_.limits, now());
  arm_watch();
}

void Call::arm_watch() {
  const auto interval = watch_->interval();
  if (!interval) return;
  watch_timer_ = env_.control.after(*interval, [this] {
    worker_.call_activity(key_, on_control([this](MediaWorker::CallActivity activity) {
                            if (over_) return;
                            on_activity(activity);
                            if (!over_) arm_watch();
                          }));
  });
}

void Call::no_rtp(std::string cause) {
  tell(EventType::CallNoRtp, {{"cause", cause}});
  tell(EventType::StreamInterrupted, {{"reason", "no_rtp"}});
  warn(std::move(cause));
}

void Call::on_activity(const MediaWorker::CallActivity& activity) {
  const bool held = info_.status == CallStatus::Hold;
  const auto seconds = [](Duration duration) { return to_ms(duration) / 1000; };
  switch (watch_->on_activity(activity.rtp_packets, activity.sinks, held, now())) {
    case CallWatch::Finding::None:
      return;
    case CallWatch::Finding::RtpBack:
      tell(EventType::StreamResumed);
      return note("RTP comes again");
    case CallWatch::Finding::RtpSilent:
      no_rtp(fmt::format("no RTP from the phone for {} s", seconds(env_.limits.rtp_timeout)));
      if (!env_.limits.end_without_rtp) return;
      return end(CallEnd::RtpSilent,
                 {.cause = fmt::format("no RTP came from the phone for {} s (call.rtp_timeout)",
                                       seconds(env_.limits.rtp_timeout))});
    case CallWatch::Finding::TooLong:
      return end(
          CallEnd::TooLong,
          {.cause = fmt::format("the call lasted {} s, the most that call.max_duration allows",
                                seconds(env_.limits.max_duration))});
    case CallWatch::Finding::Unwatched:
      return end(CallEnd::NobodyWatched,
                 {.cause = fmt::format("nobody watched the stream for {} s (call.unwatched)",
                                       seconds(env_.limits.unwatched))});
  }
}

}  // namespace sipcast
