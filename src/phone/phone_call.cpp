#include "phone/phone_call.hpp"

#include <fmt/format.h>

#include <chrono>
#include <utility>

#include "base/random.hpp"
#include "base/text.hpp"
#include "sip/dtmf_info.hpp"

namespace sipcast::phone {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

/// Destroys media on their loop.
void dispose(MediaLoop& loop, std::unique_ptr<PhoneMedia> media) {
  if (media) loop.post([gone = std::move(media)] {});
}

std::vector<Codec> video_codecs(VideoChoice video) {
  switch (video) {
    case VideoChoice::H264:
    case VideoChoice::H264Mode0:
      return {Codec::H264};
    case VideoChoice::Vp8:
      return {Codec::Vp8};
    case VideoChoice::None:
      return {};
  }
  std::unreachable();
}

void describe(JsonLine& line, std::string_view name, const std::optional<sdp::SipMedia>& media) {
  if (!media) return;
  JsonLine track;
  track.add("codec", codec_name(media->send.codec))
      .add("payload_type", media->send.payload_type)
      .add("to", media->remote_rtp.to_string())
      .add("sending", media->direction == sdp::Direction::SendRecv ||
                          media->direction == sdp::Direction::SendOnly);
  if (media->send.codec == Codec::H264) track.add("mode", media->send.packetization_mode);
  line.add(name, track);
}

}  // namespace

PhoneCall::PhoneCall(PhoneParts parts, PhoneCallOwner& owner, uint64_t id,
                     sip::IncomingCall incoming)
    : parts_(std::move(parts)), owner_(owner), id_(id), incoming_(std::move(incoming)) {}

PhoneCall::~PhoneCall() { dispose(parts_.media, std::move(media_)); }

/// Runs `action(media)` on the media loop. In order, and before the media's end: the end is posted
/// the same way.
template <class Action>
void PhoneCall::on_media_loop(Action action) {
  if (!media_) return;
  parts_.media.post([media = media_.get(), run = std::move(action)]() mutable { run(*media); });
}

void PhoneCall::begin() {
  parts_.events(JsonLine("incoming")
                    .add("call", id_)
                    .add("from", incoming_.from_uri)
                    .add("to", incoming_.request_user)
                    .add("source", incoming_.source.to_string())
                    .add("offer", !incoming_.sdp.empty()));
  const int status = parts_.options.refuse;
  if (status == 0) return open_media();
  if (parts_.options.ring == Duration::zero()) return reject(status, "--refuse");
  parts_.agent.ring(incoming_.handle, 180, {}, now());
  ring_then([this, status] { reject(status, "--refuse"); });
}

void PhoneCall::open_media() {
  parts_.media.post([parts = parts_, &owner = owner_, id = id_] {
    Result<Opened> opened = open_on_media_loop(parts, id);
    parts.control.post([&owner, id, &loop = parts.media, opened = std::move(opened)]() mutable {
      if (PhoneCall* call = owner.find(id)) return call->on_media(std::move(opened));
      if (opened) dispose(loop, std::move(opened->media));
    });
  });
}

Result<PhoneCall::Opened> PhoneCall::open_on_media_loop(const PhoneParts& parts, uint64_t id) {
  auto media = PhoneMedia::open(parts.media, parts.options, id, parts.events,
                                parts.log.with("call", std::to_string(id)));
  if (!media) return std::unexpected(media.error());
  const PhoneMedia::Ports ports = (*media)->ports();
  return Opened{std::move(*media), ports};
}

void PhoneCall::on_media(Result<Opened> opened) {
  if (over_) {
    if (opened) dispose(parts_.media, std::move(opened->media));
    return;
  }
  if (!opened) return reject(500, opened.error().cause);
  media_ = std::move(opened->media);
  ports_ = opened->ports;
  if (auto made = make_local_answer(); !made) return reject(488, made.error().cause);
  const bool early = parts_.options.early_media && agreement_;
  if (early) {
    parts_.agent.ring(incoming_.handle, 183, answer_, now());
    apply(*agreement_);
  } else if (parts_.options.ring > Duration::zero()) {
    parts_.agent.ring(incoming_.handle, 180, {}, now());
  } else {
    return accept();
  }
  ring_then([this] { accept(); });
}

Result<void> PhoneCall::make_local_answer() {
  const PhoneOptions& options = parts_.options;
  local_.ip = options.listen.ip();
  local_.audio_port = ports_.audio;
  local_.video_port = ports_.video;
  local_.audio_codecs.clear();
  if (options.audio) local_.audio_codecs.push_back(*options.audio);
  local_.video_codecs = video_codecs(options.video);
  local_.session_id = random_u32();
  if (options.video == VideoChoice::H264Mode0) local_.h264_modes = {0};
  if (options.sprop_only) {
    auto encoder = ffmpeg::VideoEncoder::create(
        video_encoder_options(options, Codec::H264, PacketizationMode::NonInterleaved));
    if (!encoder) return std::unexpected(encoder.error());
    local_.parameter_sets = encoder->parameter_sets();
  }
  if (incoming_.sdp.empty()) {  // a late offer: ours goes into the 200
    answer_ = sdp::make_offer(local_);
    return {};
  }
  auto answer = sdp::make_answer(incoming_.sdp, local_);
  if (!answer) return std::unexpected(answer.error());
  answer_ = std::move(answer->sdp);
  agreement_ = std::move(answer->agreement);
  return {};
}

void PhoneCall::ring_then(Task next) {
  owner_.on_agent_used();
  timer_ = parts_.control.after(parts_.options.ring, std::move(next));
}

void PhoneCall::accept() {
  accepted_ = true;
  parts_.agent.accept(incoming_.handle, answer_, *this, now());
  owner_.on_agent_used();
  if (over_) return;
  JsonLine established("established");
  established.add("call", id_);
  if (agreement_) {
    describe(established, "audio", agreement_->audio);
    describe(established, "video", agreement_->video);
  }
  parts_.events(established);
  if (agreement_) apply(*agreement_);
  on_media_loop([](PhoneMedia& media) { media.established(); });
  if (const auto after = parts_.options.hang_up_after) {
    timer_ = parts_.control.after(*after, [this] { hang_up(); });
  }
}

void PhoneCall::reject(int status, std::string cause) {
  parts_.agent.reject(incoming_.handle, status, now());
  owner_.on_agent_used();
  over({.sip_status = status, .cause = std::move(cause)});
}

void PhoneCall::hang_up() {
  if (over_) return;
  if (!accepted_) return reject(480, "hung up before the answer");
  parts_.agent.hangup(incoming_.handle, now());
  owner_.on_agent_used();
}

void PhoneCall::on_cancelled(const sip::Ending& ending) { over(ending); }

void PhoneCall::apply(const sdp::SipAgreement& agreement) {
  on_media_loop([agreement](PhoneMedia& media) { media.apply(agreement); });
}

Result<std::string> PhoneCall::on_reoffer(std::string_view sdp) {
  ++local_.session_version;
  if (sdp.empty()) return sdp::make_offer(local_);
  auto answer = sdp::make_answer(sdp, local_);
  if (!answer) return std::unexpected(answer.error());
  agree(std::move(answer->agreement));
  return std::move(answer->sdp);
}

void PhoneCall::on_late_answer(std::string_view sdp) {
  auto agreement = sdp::read_answer(sdp, local_);
  if (!agreement) {
    parts_.events(JsonLine("error").add("call", id_).add("cause", agreement.error().cause));
    return hang_up();
  }
  agree(std::move(*agreement));
}

/// What was negotiated after the answer.
void PhoneCall::agree(sdp::SipAgreement agreement) {
  agreement_ = std::move(agreement);
  apply(*agreement_);
  JsonLine changed("changed");
  changed.add("call", id_);
  describe(changed, "audio", agreement_->audio);
  describe(changed, "video", agreement_->video);
  parts_.events(changed);
}

int PhoneCall::on_info(std::string_view content_type, std::string_view body) {
  const std::string type = to_lower(trim(cut(content_type, ';').first));
  if (type == "application/media_control+xml") {
    if (body.find("picture_fast_update") == std::string_view::npos) return 200;
    on_media_loop([](PhoneMedia& media) { media.on_keyframe_request(KeyframeSource::Info); });
    return 200;
  }
  if (const auto digit = sip::read_dtmf_info(content_type, body)) {
    parts_.events(JsonLine("dtmf")
                      .add("call", id_)
                      .add("direction", "received")
                      .add("by", "info")
                      .add("digit", std::string(1, *digit)));
    return 200;
  }
  return 415;
}

void PhoneCall::on_ended(const sip::Ending& ending) { over(ending); }

void PhoneCall::over(const sip::Ending& ending) {
  if (std::exchange(over_, true)) return;
  timer_.cancel();
  JsonLine ended("ended");
  ended.add("call", id_)
      .add("status", ending.sip_status)
      .add("by_peer", ending.by_peer)
      .add("answered", accepted_)
      .add("cause", ending.cause);
  if (media_) {
    on_media_loop([ended, &events = parts_.events, &control = parts_.control, &owner = owner_,
                   id = id_](PhoneMedia& media) mutable {
      media.stop(ended);
      events(ended);
      control.post([&owner, id] { owner.on_call_over(id); });
    });
    return;
  }
  parts_.events(ended);
  parts_.control.post([&owner = owner_, id = id_] { owner.on_call_over(id); });
}

}  // namespace sipcast::phone
