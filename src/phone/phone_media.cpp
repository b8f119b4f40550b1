#include "phone/phone_media.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/random.hpp"

namespace sipcast::phone {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kReportInterval = seconds(1);
constexpr Duration kTooLate = milliseconds(200);  // frames this late are left out
constexpr double kSilenceDbfs = -60;

std::string_view to_string(KeyframeSource source) {
  switch (source) {
    case KeyframeSource::Pli:
      return "pli";
    case KeyframeSource::Fir:
      return "fir";
    case KeyframeSource::Info:
      return "info";
  }
  std::unreachable();
}

bool may_send(sdp::Direction direction) {
  return direction == sdp::Direction::SendRecv || direction == sdp::Direction::SendOnly;
}

template <class... Cases>
struct Match : Cases... {
  using Cases::operator()...;
};

}  // namespace

bool PhoneMedia::Leg::sending() const { return media && may_send(media->direction); }

PhoneMedia::PhoneMedia(MediaLoop& loop, const PhoneOptions& options, uint64_t call,
                       EventSink events, Logger log)
    : loop_(loop),
      options_(options),
      call_(call),
      events_(std::move(events)),
      log_(std::move(log)),
      cname_(fmt::format("{}@{}", random_token(12), options.listen.ip())) {}

Result<std::unique_ptr<PhoneMedia>> PhoneMedia::open(MediaLoop& loop, const PhoneOptions& options,
                                                     uint64_t call, EventSink events, Logger log) {
  std::unique_ptr<PhoneMedia> media(
      new PhoneMedia(loop, options, call, std::move(events), std::move(log)));
  const MediaPort::Range range{options.rtp_first, options.rtp_last};
  const auto open_leg = [&](MediaKind kind, Leg& leg) -> Result<void> {
    auto port = MediaPort::open(loop, options.listen, range, kind, *media);
    if (!port) return std::unexpected(port.error());
    leg.port = std::move(*port);
    return {};
  };
  if (options.audio) {
    if (auto opened = open_leg(MediaKind::Audio, media->audio_leg_); !opened) {
      return std::unexpected(opened.error());
    }
  }
  if (options.video != VideoChoice::None) {
    if (auto opened = open_leg(MediaKind::Video, media->video_leg_); !opened) {
      return std::unexpected(opened.error());
    }
  }
  return media;
}

PhoneMedia::Ports PhoneMedia::ports() const {
  return {.audio = audio_leg_.port ? audio_leg_.port->rtp_port() : uint16_t{0},
          .video = video_leg_.port ? video_leg_.port->rtp_port() : uint16_t{0}};
}

void PhoneMedia::apply(const sdp::SipAgreement& agreement) {
  if (stopped_) return;
  apply_audio(agreement.audio);
  apply_video(agreement.video);
  if (!std::exchange(started_, true)) {
    start_ = std::chrono::steady_clock::now();
    wall_start_ = std::chrono::system_clock::now();
    next_report_ = start_;
  }
  schedule();
}

void PhoneMedia::apply_audio(const std::optional<sdp::SipMedia>& media) {
  audio_leg_.media = audio_leg_.port ? media : std::nullopt;
  if (!audio_leg_.media) return;
  if (audio_) return audio_->set_payload_types(*media);
  auto sender = AudioSender::create(options_.sound, *media);
  if (!sender) return fail_with(sender.error());
  auto ear = FarAudio::create(media->send.codec);
  if (!ear) return fail_with(ear.error());
  audio_.emplace(std::move(*sender));
  far_audio_.emplace(std::move(*ear));
  audio_leg_.received.emplace(clock_rate_hz(media->send.codec));
}

void PhoneMedia::apply_video(const std::optional<sdp::SipMedia>& media) {
  const bool sent_before = video_leg_.sending();
  video_leg_.media = video_leg_.port ? media : std::nullopt;
  if (!video_leg_.media) return;
  if (video_) {
    video_->set_payload_type(media->send.payload_type);
    if (!sent_before && !options_.one_idr) video_->request_keyframe();
    return;
  }
  auto sender = VideoSender::create(options_, media->send);
  if (!sender) return fail_with(sender.error());
  video_.emplace(std::move(*sender));
  video_leg_.received.emplace(clock_rate_hz(media->send.codec));
}

void PhoneMedia::established() {
  if (!options_.dtmf.empty()) dtmf_at_ = std::chrono::steady_clock::now() + seconds(1);
}

void PhoneMedia::fail_with(const Error& error) {
  log_.error("media: {}", error.cause);
  events_(event("error").add("cause", error.cause));
}

JsonLine PhoneMedia::event(std::string_view name) const {
  return JsonLine(name).add("call", call_);
}

// --- the clock

Instant PhoneMedia::due(MediaKind kind) const {
  if (kind == MediaKind::Audio) {
    return start_ + static_cast<int64_t>(audio_leg_.next_frame) * kAudioFrame;
  }
  return start_ + video_->media_time(video_leg_.next_frame);
}

void PhoneMedia::schedule() {
  if (stopped_ || !started_ || options_.no_rtp) return;
  Instant next = next_report_;
  if (audio_) next = std::min(next, due(MediaKind::Audio));
  if (video_) next = std::min(next, due(MediaKind::Video));
  wake_ = loop_.at(next, [this] { on_timer(); });
}

void PhoneMedia::on_timer() {
  const Instant now = std::chrono::steady_clock::now();
  if (dtmf_at_ && now >= *dtmf_at_) {
    dtmf_at_.reset();
    if (audio_) audio_->start_dtmf(options_.dtmf);
  }
  while (audio_ && due(MediaKind::Audio) <= now) send_audio(now);
  while (video_ && due(MediaKind::Video) <= now) send_video(now);
  if (now >= next_report_) send_reports(now);
  schedule();
}

void PhoneMedia::send_audio(Instant now) {
  const uint64_t frame = audio_leg_.next_frame++;
  if (!audio_leg_.sending() ||
      now - (start_ + static_cast<int64_t>(frame) * kAudioFrame) > kTooLate)
    return;
  const auto packets = audio_->frame(frame);
  if (!packets) {
    audio_.reset();
    return fail_with(packets.error());
  }
  for (const Bytes& packet : *packets)
    audio_leg_.port->send_rtp(packet, audio_leg_.media->remote_rtp);
  if (const auto digit = audio_->finished_digit()) {
    ++digits_sent_;
    events_(event("dtmf").add("direction", "sent").add("digit", std::string(1, *digit)));
  }
}

void PhoneMedia::send_video(Instant now) {
  const uint64_t frame = video_leg_.next_frame++;
  if (!video_leg_.sending() || now - (start_ + video_->media_time(frame)) > kTooLate) return;
  answer_keyframe_requests();
  const auto packets = video_->frame(frame, std::chrono::system_clock::now());
  if (!packets) {
    video_.reset();
    return fail_with(packets.error());
  }
  for (const Bytes& packet : *packets)
    video_leg_.port->send_rtp(packet, video_leg_.media->remote_rtp);
}

// --- keyframe requests

void PhoneMedia::on_keyframe_request(KeyframeSource source) {
  switch (source) {
    case KeyframeSource::Pli:
      ++requests_.pli;
      break;
    case KeyframeSource::Fir:
      ++requests_.fir;
      break;
    case KeyframeSource::Info:
      ++requests_.info;
      break;
  }
  pending_request_ = source;
}

/// Once a frame at most: a storm of requests makes neither a storm of keyframes nor one of events.
void PhoneMedia::answer_keyframe_requests() {
  const auto source = std::exchange(pending_request_, std::nullopt);
  if (!source) return;
  const bool honoured = !options_.ignore_pli && !options_.one_idr;
  if (honoured) {
    video_->request_keyframe();
    ++requests_.honoured;
  }
  events_(event("pli").add("by", to_string(*source)).add("honoured", honoured));
}

// --- what comes in

void PhoneMedia::on_rtp(MediaKind kind, BytesView datagram, Instant now) {
  Leg& leg = kind == MediaKind::Audio ? audio_leg_ : video_leg_;
  if (!leg.media || !leg.received) return;
  const auto rtp = parse_rtp(datagram);
  if (!rtp) return;
  const bool is_event = kind == MediaKind::Audio && leg.media->telephone_event == rtp->payload_type;
  const bool known = std::ranges::any_of(leg.media->receive, [&](const sdp::SipCodec& codec) {
    return codec.payload_type == rtp->payload_type;
  });
  if (!is_event && !known) return;
  leg.received->on_rtp(*rtp, now);
  if (is_event) {
    if (const auto digit = far_dtmf_.on_packet(rtp->payload, rtp->timestamp)) {
      events_(
          this->event("dtmf").add("direction", "received").add("digit", std::string(1, *digit)));
    }
  } else if (kind == MediaKind::Audio && far_audio_) {
    far_audio_->on_payload(rtp->payload);
  }
}

void PhoneMedia::on_rtcp(MediaKind kind, BytesView datagram, Instant now) {
  const auto packets = rtcp::parse(datagram);
  if (!packets) return;
  for (const rtcp::Packet& packet : *packets) on_rtcp_packet(kind, packet, now);
}

void PhoneMedia::on_rtcp_packet(MediaKind kind, const rtcp::Packet& packet, Instant now) {
  Leg& leg = kind == MediaKind::Audio ? audio_leg_ : video_leg_;
  const auto ours = [&](Ssrc media) { return video_ && media == video_->rtp().ssrc(); };
  std::visit(Match{[&](const rtcp::SenderReport& report) {
                     ++reports_;
                     if (leg.received) leg.received->on_sender_report(report, now);
                     on_report_blocks(report.blocks);
                   },
                   [&](const rtcp::ReceiverReport& report) {
                     ++reports_;
                     on_report_blocks(report.blocks);
                   },
                   [&](const rtcp::Pli& pli) {
                     if (!ours(pli.media)) return void(++requests_.stray);
                     on_keyframe_request(KeyframeSource::Pli);
                   },
                   [&](const rtcp::Fir& fir) {
                     if (!ours(fir.media)) return void(++requests_.stray);
                     if (last_fir_ == fir.command) return;  // a repetition (RFC 5104 §4.3.1.2)
                     last_fir_ = fir.command;
                     on_keyframe_request(KeyframeSource::Fir);
                   },
                   [&](const rtcp::Nack&) { ++requests_.nack; },  // like most phones: no resend
                   [](const rtcp::Sdes&) {}, [](const rtcp::Bye&) {}, [](const rtcp::Remb&) {}},
             packet);
}

void PhoneMedia::on_report_blocks(const std::vector<rtcp::ReportBlock>& blocks) {
  for (const rtcp::ReportBlock& block : blocks) {
    if (video_ && block.ssrc == video_->rtp().ssrc()) reported_video_lost_ = block.cumulative_lost;
  }
}

// --- RTCP out, and the end

void PhoneMedia::send_reports(Instant now) {
  if (audio_) send_report(audio_leg_, audio_->rtp(), now, {});
  if (video_) send_report(video_leg_, video_->rtp(), now, {});
  next_report_ = now + kReportInterval;
}

void PhoneMedia::send_report(Leg& leg, const RtpSender& rtp, Instant now,
                             const std::vector<rtcp::Packet>& more) {
  if (!leg.media || options_.no_rtp) return;
  std::vector<rtcp::ReportBlock> blocks;
  if (leg.received) {
    if (const auto block = leg.received->report(now)) blocks.push_back(*block);
  }
  rtcp::Packet report = rtcp::ReceiverReport{.ssrc = rtp.ssrc(), .blocks = blocks};
  if (rtp.packets() > 0) {
    const Duration media_time = now - start_;
    rtcp::SenderReport sender = rtp.report(
        media_time, wall_start_ + std::chrono::duration_cast<WallTime::duration>(media_time));
    sender.blocks = std::move(blocks);
    report = std::move(sender);
  }
  leg.port->send_rtcp(rtcp::compound(report, cname_, more), leg.media->remote_rtcp,
                      leg.media->rtcp_mux);
}

JsonLine PhoneMedia::heard() const {
  JsonLine heard;
  const double level = far_audio_ ? far_audio_->level_dbfs() : -99.0;
  heard.add("audio_packets", far_audio_ ? far_audio_->packets() : uint64_t{0})
      .add("audio_undecodable", far_audio_ ? far_audio_->undecodable() : uint64_t{0})
      .add("audio_lost", audio_leg_.received ? audio_leg_.received->lost() : int64_t{0})
      .add("level_dbfs", level)
      .add("silence", level < kSilenceDbfs)
      .add("tone_hz", far_audio_ ? far_audio_->tone_hz() : 0.0)
      .add("video_packets", video_leg_.received ? video_leg_.received->packets() : uint64_t{0});
  return heard;
}

void PhoneMedia::stop(JsonLine& ended) {
  if (std::exchange(stopped_, true)) return;
  wake_.cancel();
  const Instant now = std::chrono::steady_clock::now();
  if (audio_) {
    send_report(audio_leg_, audio_->rtp(), now, {rtcp::Bye{.ssrcs = {audio_->rtp().ssrc()}}});
    ended.add("audio", JsonLine()
                           .add("codec", codec_name(*options_.audio))
                           .add("packets", audio_->rtp().packets())
                           .add("bytes", audio_->rtp().octets())
                           .add("digits", digits_sent_));
  }
  if (video_) {
    send_report(video_leg_, video_->rtp(), now, {rtcp::Bye{.ssrcs = {video_->rtp().ssrc()}}});
    ended.add("video", JsonLine()
                           .add("frames", video_->stats().frames_total)
                           .add("keyframes", video_->stats().keyframes_total)
                           .add("packets", video_->rtp().packets())
                           .add("bytes", video_->rtp().octets())
                           .add("lost_on_purpose", video_->stats().frames_lost_on_purpose_total)
                           .add("reported_lost", reported_video_lost_));
  }
  ended.add("requests", JsonLine()
                            .add("pli", requests_.pli)
                            .add("fir", requests_.fir)
                            .add("info", requests_.info)
                            .add("stray", requests_.stray)
                            .add("honoured", requests_.honoured)
                            .add("nack", requests_.nack));
  ended.add("reports", reports_).add("heard", heard());
}

}  // namespace sipcast::phone
