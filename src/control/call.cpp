#include "control/call.hpp"

#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/destination.hpp"
#include "sip/transaction_table.hpp"

namespace sipcast {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

/// RFC 5168: what older phones understand in place of PLI.
constexpr char kPictureFastUpdate[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n<media_control><vc_primitive><to_encoder>"
    "<picture_fast_update/></to_encoder></vc_primitive></media_control>\r\n";

/// How a SIP failure looks in WCS (wcs-rest 2.5).
CallStatus status_of(const sip::Ending& ending) {
  if (ending.sip_status == 486 || ending.sip_status == 600) return CallStatus::Busy;
  if (ending.sip_status == 487) return CallStatus::Finish;
  return CallStatus::Failed;
}

std::string info_of(const sip::Ending& ending) {
  if (ending.timeout || ending.sip_status == 408) return "Failed by request timeout";
  if (ending.sip_status == 488 || ending.sip_status == 415) return "No common codecs";
  if (ending.sip_status == 487) return "Normal call clearing";
  return ending.sip_status == 486 || ending.sip_status == 600 ? "Busy"
                                                              : "Failed by session creation";
}

}  // namespace

std::string_view to_string(CallStatus status) {
  switch (status) {
    case CallStatus::New:
      return "NEW";
    case CallStatus::Pending:
      return "PENDING";
    case CallStatus::Trying:
      return "TRYING";
    case CallStatus::Ring:
      return "RING";
    case CallStatus::RingMedia:
      return "RING_MEDIA";
    case CallStatus::SessionProgress:
      return "SESSION_PROGRESS";
    case CallStatus::Established:
      return "ESTABLISHED";
    case CallStatus::Hold:
      return "HOLD";
    case CallStatus::Busy:
      return "BUSY";
    case CallStatus::Finish:
      return "FINISH";
    case CallStatus::Failed:
      return "FAILED";
  }
  std::unreachable();
}

Call::Call(const Env& env, StartCall asked, uint64_t key, Ended ended, Logger log)
    : env_(env),
      key_(key),
      account_(asked.account),
      ended_(std::move(ended)),
      log_(std::move(log)),
      worker_(env.media.worker_for(asked.stream)),
      sdp_id_(random_u32()) {
  for (auto* keys : {&audio_keys_, &video_keys_}) {
    *keys = {sdp::random_key(sdp::SrtpSuite::Sha1_80), sdp::random_key(sdp::SrtpSuite::Sha1_32)};
  }
  asked.account.password.clear();
  info_ = CallInfo{.asked = std::move(asked), .created = std::chrono::system_clock::now()};
}

Call::~Call() { *alive_ = false; }

/// Wraps `task` for another thread: it runs on the control loop, unless this call is gone by then.
template <class F>
auto Call::on_control(F task) {
  return [control = &env_.control, alive = alive_, task](auto... arguments) {
    control->post([alive, task, ... arguments = std::move(arguments)]() mutable {
      if (*alive) task(std::move(arguments)...);
    });
  };
}

void Call::start() {
  const auto destination = sip::resolve_callee(account_, info_.asked.callee);
  if (!destination) {
    return end(CallStatus::Failed, 0, "Failed by session creation", destination.error().cause,
               EndReason::SourceFailed);
  }
  log_.info("calling {} by {}@{} through {}", printable(info_.asked.callee),
            printable(account_.login), printable(account_.domain),
            sip::describe(destination->target));
  set_status(CallStatus::Pending, 0);
  const bool any = info_.asked.any_transport && destination->target.port == 0 &&
                   destination->target.transport == sip::Transport::Udp;
  env_.sip.locate(destination->target, any, [this, any, alive = alive_](Result<SipHop> hop) {
    if (!*alive || over_) return;
    if (hop && any) {
      account_.transport = SipEndpoint::transport_of(hop->transport);
      if (account_.outbound_proxy) account_.outbound_proxy->transport = account_.transport;
    }
    located(hop);
  });
}

void Call::located(const Result<SipHop>& hop) {
  if (!hop) {
    return end(CallStatus::Failed, 0, "Failed by session creation", hop.error().cause,
               EndReason::SourceFailed);
  }
  const SocketAddress& peer = hop->address;
  media_ip_ = env_.sip.advertised_towards(peer);
  if (!peer.is_private() && media_ip_.is_private()) {
    log_.warning("{} is told our private address {}: set sip.ip to the address that it can reach",
                 peer.ip(), media_ip_.ip());
  }
  worker_.open_call(
      key_, info_.asked.stream, info_.asked.has_audio, info_.asked.has_video,
      {.opened = on_control([this](Result<SipSource::Ports> ports) { media_opened(ports); }),
       .live = on_control([this] { info_.live = true; }),
       .no_media = on_control([this] {
         log_.warning(
             "answered, but no RTP arrived within 5 s: is a firewall or NAT between {} and us?",
             media_ip_.ip());
         info_.cause = "answered, but no RTP arrived: firewall or NAT?";
       }),
       .info_wanted = on_control([this] {
         if (!handle_) return;
         env_.sip.agent().send_info(*handle_, "application/media_control+xml", kPictureFastUpdate,
                                    now());
         env_.sip.rearm();
       })});
}

void Call::media_opened(const Result<SipSource::Ports>& ports) {
  if (over_) return;
  if (!ports)
    return end(CallStatus::Failed, 0, "Failed by error", ports.error().cause,
               EndReason::SourceFailed);
  media_open_ = true;
  ports_ = *ports;
  if (!info_.asked.register_first) return invite();
  registration_ = env_.registrations.hold(account_, *this);
}

sdp::SipLocal Call::local_sdp() const {
  return {.ip = media_ip_.ip(),
          .audio_port = ports_.audio,
          .video_port = ports_.video,
          .session_id = sdp_id_,
          .session_version = sdp_version_,
          .srtp = env_.srtp,
          .audio_keys = audio_keys_,
          .video_keys = video_keys_};
}

void Call::invite() {
  invited_ = true;
  auto handle = env_.sip.agent().invite(account_, info_.asked.callee, sdp::make_offer(local_sdp()),
                                        *this, now());
  env_.sip.rearm();
  if (!handle) {
    return end(CallStatus::Failed, 0, "Failed by session creation", handle.error().cause,
               EndReason::SourceFailed);
  }
  handle_ = *handle;
  set_status(CallStatus::Trying, 0);
  no_answer_timer_ = env_.control.after(env_.no_answer, [this] {
    end(CallStatus::Failed, info_.sip_status, "Failed by request timeout",
        "nobody answered the call", EndReason::SourceFailed);
  });
}

void Call::set_status(CallStatus status, int sip_status) {
  if (sip_status != 0) info_.sip_status = sip_status;
  if (info_.status == status) return;
  info_.status = status;
  log_.info("{}{}", to_string(status), sip_status ? fmt::format(" (SIP {})", sip_status) : "");
}

void Call::on_registered(Duration) {
  if (!over_ && !invited_) invite();
}

void Call::on_registration_failed(const sip::Ending& ending) {
  registration_.reset();
  if (over_) return;
  if (invited_) return log_.warning("the registration was lost: {}", ending.cause);
  end(CallStatus::Failed, ending.sip_status, info_of(ending), "REGISTER failed: " + ending.cause,
      EndReason::SourceFailed);
}

void Call::on_provisional(int status, std::string_view, std::string_view sdp) {
  if (over_) return;
  if (!sdp.empty()) {
    if (const auto agreement = sdp::read_answer(sdp, local_sdp()))
      worker_.connect_call(key_, *agreement);
    return set_status(CallStatus::RingMedia, status);
  }
  set_status(status == 183 ? CallStatus::SessionProgress : CallStatus::Ring, status);
}

void Call::on_answered(std::string_view sdp, const SocketAddress& from) {
  if (over_) return;
  no_answer_timer_.cancel();
  const auto agreement = sdp::read_answer(sdp, local_sdp());
  if (!agreement) {
    return end(CallStatus::Failed, 200, "No common codecs", agreement.error().cause,
               EndReason::SourceFailed);
  }
  const auto describe = [](const std::optional<sdp::SipMedia>& media) {
    if (!media) return std::string("none");
    return std::string(codec_name(media->send.codec)) + (media->srtp ? " (SRTP)" : "");
  };
  log_.info("answered by {}: audio {}, video {}", from.to_string(), describe(agreement->audio),
            describe(agreement->video));
  set_status(CallStatus::Established, 200);
  worker_.connect_call(key_, *agreement);
}

Result<std::string> Call::on_reoffer(std::string_view sdp) {
  ++sdp_version_;
  if (sdp.empty()) return sdp::make_offer(local_sdp());
  auto answer = sdp::make_answer(sdp, local_sdp());
  if (!answer) return std::unexpected(answer.error());
  const auto held = [](const std::optional<sdp::SipMedia>& media) {
    return !media || media->direction == sdp::Direction::Inactive ||
           media->direction == sdp::Direction::SendOnly;
  };
  set_status(held(answer->agreement.audio) && held(answer->agreement.video)
                 ? CallStatus::Hold
                 : CallStatus::Established,
             200);
  worker_.connect_call(key_, answer->agreement);
  return answer->sdp;
}

void Call::on_late_answer(std::string_view sdp) {
  if (const auto agreement = sdp::read_answer(sdp, local_sdp()))
    worker_.connect_call(key_, *agreement);
}

int Call::on_info(std::string_view content_type, std::string_view) {
  log_.debug("INFO with {}", printable(content_type));
  return 200;
}

void Call::on_ended(const sip::Ending& ending) {
  handle_.reset();
  if (over_) return;
  if (info_.status == CallStatus::Established || info_.status == CallStatus::Hold) {
    if (ending.by_peer) {
      return end(CallStatus::Finish, info_.sip_status, "Normal call clearing",
                 "the far side hung up", EndReason::SourceStopped);
    }
  }
  end(status_of(ending), ending.sip_status, info_of(ending), ending.cause, EndReason::SourceFailed);
}

void Call::terminate(EndReason reason) {
  info_.terminated = true;
  end(CallStatus::Finish, info_.sip_status, "Normal call clearing", "hung up by us", reason);
}

void Call::end(CallStatus status, int sip_status, std::string info, std::string cause,
               EndReason reason) {
  if (std::exchange(over_, true)) return;
  no_answer_timer_.cancel();
  info_.info = std::move(info);
  info_.cause = std::move(cause);
  set_status(status, sip_status);
  log_.info("ended: {}", printable(info_.cause, 500));
  if (handle_) env_.sip.agent().forget(std::exchange(handle_, std::nullopt).value(), now());
  registration_.reset();
  env_.sip.rearm();
  // The media loop closes what it has opened, or opens yet: its messages come in order.
  worker_.close_call(key_, reason);
  ended_(*this);
}

}  // namespace sipcast
