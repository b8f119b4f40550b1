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

}  // namespace

Call::Call(const Env& env, StartCall asked, uint64_t key, Ended ended, Logger log)
    : env_(env),
      key_(key),
      account_(asked.account),
      ended_(std::move(ended)),
      log_(std::move(log)),
      trace_(env.recorder.begin(key)),
      worker_(env.media.worker_for(asked.stream)),
      sdp_id_(random_u32()),
      dtmf_(env.control,
            {.play = [this](std::string digits) { play(std::move(digits)); },
             .info = [this](std::string_view content_type,
                            std::string body) { send_info(content_type, std::move(body)); }}) {
  audio_keys_ = make_keys();
  video_keys_ = make_keys();
  asked.account.password.clear();
  info_ = CallInfo{.asked = std::move(asked), .created = std::chrono::system_clock::now()};
}

std::array<sdp::SdesKey, 2> Call::make_keys() {
  return {sdp::random_key(sdp::SrtpSuite::Sha1_80), sdp::random_key(sdp::SrtpSuite::Sha1_32)};
}

Call::~Call() { *alive_ = false; }

void Call::start() {
  const auto destination = sip::resolve_callee(account_, info_.asked.callee);
  if (!destination) {
    return end(CallEnd::CannotStart, {.cause = destination.error().cause});
  }
  note(fmt::format("calling {} by {}@{} through {}", printable(info_.asked.callee),
                   printable(account_.login), printable(account_.domain),
                   sip::describe(destination->target)));
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
    return end(CallEnd::CannotStart, {.cause = hop.error().cause});
  }
  const SocketAddress& peer = hop->address;
  media_ip_ = env_.sip.advertised_towards(peer);
  if (!peer.is_private() && media_ip_.is_private()) {
    warn(fmt::format(
        "{} is told our private address {}: set sip.ip to the address that it can reach", peer.ip(),
        media_ip_.ip()));
  }
  open_media();
}

void Call::open_media() {
  worker_.open_call(
      key_, info_.asked.stream, info_.asked.has_audio, info_.asked.has_video,
      {.opened = on_control([this](Result<SipSource::Ports> ports) { media_opened(ports); }),
       .live = on_control([this](const TrackList& tracks) { tell_live(tracks); }),
       .no_media = on_control([this] {
         warn(fmt::format(
             "answered, but no RTP arrived within 5 s: is a firewall or NAT between {} and us?",
             media_ip_.ip()));
         info_.cause = "answered, but no RTP arrived: firewall or NAT?";
         tell(EventType::CallNoRtp, {{"cause", info_.cause}});
       }),
       .info_wanted =
           on_control([this] { send_info("application/media_control+xml", kPictureFastUpdate); }),
       .digit = on_control([this](char digit) { on_digit(digit, "RFC 4733"); })});
}

void Call::media_opened(const Result<SipSource::Ports>& ports) {
  if (over_) return;
  if (!ports) return end(CallEnd::NoPorts, {.cause = ports.error().cause});
  media_open_ = true;
  ports_ = *ports;
  if (incoming_) return accept();
  if (!info_.asked.register_first) return invite();
  registration_ = env_.registrations.hold(account_, *this);
  env_.recorder.claim(key_, registration_->sip_call_id());
}

void Call::answer(sip::IncomingCall incoming) {
  env_.recorder.claim(key_, incoming.sip_call_id);
  note(fmt::format("{} calls {} from {}", printable(incoming.from_uri),
                   printable(incoming.request_user), incoming.source.to_string()));
  info_.incoming = true;
  handle_ = incoming.handle;
  media_ip_ = env_.sip.advertised_towards(incoming.source);
  incoming_ = std::move(incoming);
  set_status(CallStatus::Pending, 0);
  open_media();
}

void Call::accept() {
  if (incoming_->sdp.empty()) {  // our offer goes into the 200; their answer comes with the ACK
    env_.sip.agent().accept(*handle_, sdp::make_offer(local_sdp()), *this, now());
  } else {
    const auto answer = sdp::make_answer(incoming_->sdp, local_sdp());
    if (!answer) {
      env_.sip.agent().reject(*std::exchange(handle_, std::nullopt), 488, now());
      return end(CallEnd::NoCommonCodec, {.cause = answer.error().cause});
    }
    env_.sip.agent().accept(*handle_, answer->sdp, *this, now());
    if (over_) return;
    agree(answer->agreement);
  }
  env_.sip.rearm();
  start_watch();
  dtmf_.start();
}

sdp::SipLocal Call::local_sdp() const {
  sdp::SipLocal local = env_.local;
  local.ip = media_ip_.ip();
  local.audio_port = ports_.audio;
  local.video_port = ports_.video;
  if (we_hold_) {
    const bool receives_only = local.direction == sdp::Direction::RecvOnly;
    local.direction = receives_only ? sdp::Direction::Inactive : sdp::Direction::SendOnly;
  }
  local.session_id = sdp_id_;
  local.session_version = sdp_version_;
  local.audio_keys = audio_keys_;
  local.video_keys = video_keys_;
  return local;
}

void Call::invite() {
  invited_ = true;
  auto handle = env_.sip.agent().invite(account_, info_.asked.callee, sdp::make_offer(local_sdp()),
                                        *this, now());
  env_.sip.rearm();
  if (!handle) {
    return end(CallEnd::CannotStart, {.cause = handle.error().cause});
  }
  handle_ = *handle;
  env_.recorder.claim(key_, env_.sip.agent().sip_call_id(*handle_));
  set_status(CallStatus::Trying, 0);
  no_answer_timer_ = env_.control.after(env_.no_answer, [this] { end(CallEnd::NotAnswered, {}); });
}

void Call::set_status(CallStatus status, int sip_status) {
  if (sip_status != 0) info_.sip_status = sip_status;
  if (info_.status == status) return;
  const CallStatus before = std::exchange(info_.status, status);
  const bool held = status == CallStatus::Hold;
  if (held != (before == CallStatus::Hold) && env_.on_hold) {
    env_.on_hold(info_.asked.stream, held);
  }
  note(fmt::format("{}{}", to_string(status),
                   sip_status ? fmt::format(" (SIP {})", sip_status) : ""));
  tell_status(before);
}

void Call::on_registered(Duration) {
  if (!over_ && !invited_) invite();
}

void Call::on_registration_failed(const sip::Ending& ending) {
  registration_.reset();
  if (over_) return;
  if (invited_) return warn("the registration was lost: " + ending.cause);
  end(CallEnd::RegisterFailed, ending);
}

void Call::on_provisional(int status, std::string_view, std::string_view sdp) {
  if (over_) return;
  if (!sdp.empty()) {
    if (const auto agreement = sdp::read_answer(sdp, local_sdp()))
      worker_.connect_call(key_, *agreement);
    early_media_ = true;
    return set_status(CallStatus::RingMedia, status);
  }
  if (early_media_) return;  // 180 behind 183: the early media go on
  set_status(status == 183 ? CallStatus::SessionProgress : CallStatus::Ring, status);
}

void Call::on_answered(std::string_view sdp, const SocketAddress& from) {
  if (over_) return;
  no_answer_timer_.cancel();
  note("answered by " + from.to_string());
  // Without SDP here an UPDATE has replaced the early answer: that is agreed already.
  if (!sdp.empty() || !first_direction_) {
    const auto agreement = sdp::read_answer(sdp, local_sdp());
    if (!agreement) return end(CallEnd::NoCommonCodec, {.cause = agreement.error().cause});
    agree(*agreement);
  }
  start_watch();
  dtmf_.start();
}

void Call::on_ended(const sip::Ending& ending) {
  handle_.reset();
  if (over_) return;
  if (leg_) return note("the phone has left the call; its transfer goes on");
  end(ending.by_peer && ending.sip_status == 0 ? CallEnd::HungUpByPhone : CallEnd::SipEnded,
      ending);
}

void Call::terminate(EndReason reason) {
  info_.terminated = true;
  end(CallEnd::HungUpByUs, {}, reason);
}

void Call::send_info(std::string_view content_type, std::string body) {
  if (!handle_) return;
  env_.sip.agent().send_info(*handle_, std::string(content_type), std::move(body), now());
  env_.sip.rearm();
}

void Call::play(std::string digits) { worker_.play_digits(key_, std::move(digits)); }

void Call::end(CallEnd how, const sip::Ending& ending, std::optional<EndReason> told) {
  if (std::exchange(over_, true)) return;
  no_answer_timer_.cancel();
  watch_timer_.cancel();
  CallOutcome outcome = outcome_of(how, ending, sdp::codec_summary(local_sdp()));
  info_.info = std::move(outcome.info);
  info_.cause = std::move(outcome.cause);
  set_status(outcome.status, outcome.sip_status);
  note("ended: " + printable(info_.cause, 700));
  info_.end = how;
  if (handle_) env_.sip.agent().forget(std::exchange(handle_, std::nullopt).value(), now());
  if (leg_) {
    const auto leg = drop_leg();
    if (leg->handle) env_.sip.agent().forget(*leg->handle, now());
  }
  registration_.reset();
  env_.sip.rearm();
  note_media();
  // The media loop closes what it has opened, or opens yet: its messages come in order.
  worker_.close_call(key_, told.value_or(outcome.reason));
  tell(EventType::StreamEnded, {{"reason", to_string(told.value_or(outcome.reason))}});
  tell(EventType::CallEnded, {{"state", call_state(info_.status)},
                              {"sip_status", info_.sip_status},
                              {"reason", to_string(how)},
                              {"cause", printable(info_.cause, 700)}});
  ended_(*this);
}

}  // namespace sipcast
