#include "ingest/sip_track.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "secure/dtls.hpp"
#include "secure/stun.hpp"

namespace sipcast {
namespace {
constexpr size_t kReorderCapacity = 512;
constexpr Duration kFrameEndsAfter = std::chrono::milliseconds(100);
constexpr Duration kShortPause = std::chrono::milliseconds(500),
                   kLongPause = std::chrono::seconds(5);
// RFC 3389; 19 is what its drafts had. Some phones send it without having agreed on it.
constexpr uint8_t kComfortNoise = 13, kOldComfortNoise = 19;
constexpr Duration kKeepOpen = std::chrono::seconds(15);  // RFC 6263 §7
// Of packets that change the codec: what follows sooner is dropped, for a change costs all viewers.
constexpr Duration kCodecStays = std::chrono::seconds(1);
}  // namespace

SipSource::Track::Track(SipSource& source, MediaKind kind, PortPool::Pair ports)
    : source_(source),
      kind_(kind),
      ports_(std::move(ports)),
      rtp_reader_(&Track::on_rtp, *this),
      rtcp_reader_(&Track::on_rtcp, *this),
      local_ssrc_{random_u32()},
      reorder_(source.options_.reorder_wait, kReorderCapacity),
      receiver_(kind == MediaKind::Audio ? 8000 : 90000) {}

Result<void> SipSource::Track::bind() {
  auto rtp = source_.loop_.bind(source_.options_.bind_ip.with_port(ports_.rtp()), rtp_reader_);
  if (!rtp) return std::unexpected(rtp.error());
  auto rtcp = source_.loop_.bind(source_.options_.bind_ip.with_port(ports_.rtcp()), rtcp_reader_);
  if (!rtcp) return std::unexpected(rtcp.error());
  rtp_socket_ = std::move(*rtp);
  rtcp_socket_ = std::move(*rtcp);
  return {};
}

void SipSource::Track::connect(const sdp::SipMedia& media) {
  if (media_) flush();
  media_ = media;
  secure();
  lock_.reset(media.remote_rtp);
  rtcp_peer_.reset();
  kept_open_.reset();
  line_resumed_ = true;
  codec_since_.reset();
  // The phone goes on with what it sends as long as it may.
  const auto same = codec_ ? std::ranges::find(media.receive, codec_->codec, &sdp::SipCodec::codec)
                           : media.receive.end();
  use(same == media.receive.end() ? media.send : *same);
}

void SipSource::Track::disconnect() {
  if (media_) flush();
  media_.reset();
  codec_.reset();
}

std::optional<TrackInfo> SipSource::Track::info() const {
  if (!media_) return {};
  return TrackInfo{.codec = codec_->codec, .h264_profile_level_id = codec_->profile_level_id};
}

/// What was held or begun in the codec so far goes out.
void SipSource::Track::flush() {
  reorder_.flush(in_order_);
  take_in_order();
  if (!normalizer_) return;
  normalizer_->flush(frames_);
  write_frames();
}

/// Packets of another agreed codec came. False when that was so just now.
bool SipSource::Track::follow(const sdp::SipCodec& codec, Instant now) {
  if (codec.codec == codec_->codec) return true;
  if (codec_since_ && now - *codec_since_ < kCodecStays) return false;
  codec_since_ = now;
  flush();
  use(codec);
  source_.log_.info("the phone sends {} now", codec_name(codec.codec));
  source_.tell_tracks();
  if (kind_ == MediaKind::Video) source_.stream_.want_new_keyframe(now);
  return true;
}

void SipSource::Track::use(const sdp::SipCodec& codec) {
  const auto before = std::exchange(codec_, codec);
  if (before && before->codec == codec.codec) return;
  reorder_.begin_anew();  // some encoders number from their own start
  const uint32_t hz = clock_rate_hz(codec.codec);
  receiver_.set_clock_rate(hz);
  if (before && clock_rate_hz(before->codec) != hz) line_broken_ = true;
  flush_at_.reset();
  if (kind_ == MediaKind::Audio) return;
  normalizer_.emplace(
      VideoNormalizer::Options{.codec = codec.codec, .parameter_sets = codec.parameter_sets});
}

const sdp::SipCodec* SipSource::Track::agreed(uint8_t payload_type) const {
  const auto found = std::ranges::find(media_->receive, payload_type, &sdp::SipCodec::payload_type);
  return found == media_->receive.end() ? nullptr : &*found;
}

void SipSource::Track::on_rtp(BytesView datagram, const SocketAddress& from, Instant now) {
  if (!media_) return;
  if (is_dtls(datagram)) return on_dtls(rtp_dtls_, datagram, from, now);
  if (is_rtcp(datagram)) return on_rtcp(datagram, from, now);
  if (!srtp_) return take_rtp(datagram, from, now);
  // Before the lock: an address is learnt from authentic packets alone.
  const auto opened = srtp_->open_rtp(datagram);
  if (!opened) {
    ++stats_.dropped_unauthentic_total;
    return;
  }
  take_rtp(*opened, from, now);
}

void SipSource::Track::take_rtp(BytesView datagram, const SocketAddress& from, Instant now) {
  const auto rtp = parse_rtp(datagram);
  if (!rtp) {
    ++stats_.dropped_invalid_total;
    return;
  }
  const uint8_t type = rtp->payload_type;
  const sdp::SipCodec* known = agreed(type);
  const bool event = !known && type == media_->telephone_event;
  const bool noise =
      !known && kind_ == MediaKind::Audio && (type == kComfortNoise || type == kOldComfortNoise);
  if (!known && !event && !noise) {
    ++stats_.dropped_payload_type_total;
    return;
  }
  if (!lock_.accept(from, *rtp, now)) {
    ++stats_.dropped_stranger_total;
    return;
  }
  source_.no_media_timer_.cancel();
  if (known && !follow(*known, now)) {
    ++stats_.dropped_payload_type_total;
    return;
  }
  if (event) {
    const auto digit = digits_.on_packet(rtp->payload, rtp->timestamp);
    if (digit && source_.on_digit) source_.on_digit(*digit);
  }
  if (noise) ++stats_.comfort_noise_total;
  // Digits and comfort noise have numbers of the same row: left out, they would look lost.
  receiver_.on_rtp(*rtp, now);
  reorder_.push(*rtp, datagram, now, in_order_);
  take_in_order();
}

void SipSource::Track::on_rtcp(BytesView datagram, const SocketAddress& from, Instant now) {
  if (!media_) return;
  if (is_dtls(datagram)) return on_dtls(rtcp_dtls_, datagram, from, now);
  if (!srtp_) return take_rtcp(datagram, from, now);
  const auto opened = srtp_->open_rtcp(datagram);
  if (!opened) {
    ++stats_.dropped_unauthentic_total;
    return;
  }
  take_rtcp(*opened, from, now);
}

void SipSource::Track::take_rtcp(BytesView datagram, const SocketAddress& from, Instant now) {
  // RTCP is learnt apart from RTP, but never from another host than RTP came from.
  if (!(from == media_->remote_rtcp) && !from.same_ip(lock_.target())) {
    ++stats_.dropped_stranger_total;
    return;
  }
  const auto packets = rtcp::parse(datagram);
  if (!packets) {
    ++stats_.dropped_invalid_total;
    return;
  }
  rtcp_peer_ = from;
  for (const rtcp::Packet& packet : *packets) {
    const auto* report = std::get_if<rtcp::SenderReport>(&packet);
    if (!report || receiver_.ssrc() != report->ssrc || line_ssrc_ != report->ssrc) continue;
    receiver_.on_sender_report(*report, now);
    source_.stream_.timeline().on_sender_report(
        kind_, report->ntp, RtpTimestamp{report->timestamp.value + line_offset_});
  }
}

RtpTimestamp SipSource::Track::continued(const RtpView& rtp, Instant arrival) {
  const uint32_t hz = clock_rate_hz(codec_->codec);
  const auto jump =
      line_ssrc_ ? static_cast<int32_t>(rtp.timestamp.value + line_offset_ - last_out_) : 0;
  const Duration gap = arrival - last_arrival_;
  const double elapsed = std::chrono::duration<double>(gap).count();
  const bool jumped =
      std::abs(static_cast<int64_t>(jump)) > int64_t{hz} * 10 && gap < std::chrono::seconds(5);
  // A phone whose clock stood still in a pause: the gap stays as long as it was.
  const Duration pause = line_resumed_ ? kShortPause : kLongPause;
  const bool stood = gap > pause && jump < elapsed * hz / 2;
  if (line_ssrc_ && (*line_ssrc_ != rtp.ssrc || jumped || stood || line_broken_)) {
    const auto ticks = std::max(1u, static_cast<uint32_t>(elapsed * hz));
    line_offset_ = last_out_ + ticks - rtp.timestamp.value;
    source_.stream_.timeline().restart(kind_);
    source_.log_.info("{} goes on with a new {} (SSRC {:08x})",
                      kind_ == MediaKind::Audio ? "audio" : "video",
                      *line_ssrc_ == rtp.ssrc ? "clock" : "source", rtp.ssrc.value);
  }
  line_broken_ = line_resumed_ = false;
  line_ssrc_ = rtp.ssrc;
  last_arrival_ = arrival;
  last_out_ = rtp.timestamp.value + line_offset_;
  return RtpTimestamp{last_out_};
}

void SipSource::Track::take_in_order() {
  for (StoredRtp& stored : in_order_) {
    if (!agreed(stored.view.payload_type)) continue;
    stored.view.timestamp = continued(stored.view, stored.arrival);
    source_.stream_.timeline().on_packet(kind_, stored.view.timestamp, clock_rate_hz(codec_->codec),
                                         stored.arrival);
    if (kind_ == MediaKind::Audio) {
      write_audio(stored);
    } else {
      write_video(stored);
    }
  }
  in_order_.clear();
  source_.tick_stream();
}

void SipSource::Track::write_audio(const StoredRtp& stored) {
  if (stored.view.payload.empty()) return;
  source_.stream_.write_audio(stored.view.timestamp, stored.view.marker, stored.view.payload,
                              stored.arrival);
}

void SipSource::Track::write_video(const StoredRtp& stored) {
  normalizer_->push(stored.view, stored.arrival, stored.gap_before, frames_);
  write_frames();
  // A sender without markers ends a frame with the next one; when it goes quiet, the frame goes all
  // the same.
  flush_at_ =
      normalizer_->has_pending() ? std::optional(stored.arrival + kFrameEndsAfter) : std::nullopt;
  if (normalizer_->needs_keyframe()) source_.stream_.want_keyframe(stored.arrival);
}

void SipSource::Track::write_frames() {
  for (NormalFrame& frame : frames_) {
    if (frame.keyframe) source_.stream_.set_video_size(normalizer_->size());
    source_.stream_.write_frame(std::move(frame));
  }
  frames_.clear();
}

std::optional<Instant> SipSource::Track::deadline() const {
  std::optional<Instant> first;
  for (const auto& at :
       {reorder_.deadline(), flush_at_, rtp_dtls_ ? rtp_dtls_->deadline() : std::nullopt,
        rtcp_dtls_ ? rtcp_dtls_->deadline() : std::nullopt}) {
    if (at && (!first || *at < *first)) first = at;
  }
  return first;
}

void SipSource::Track::on_timer(Instant now) {
  if (!media_) return;
  for (auto* leg : {&rtp_dtls_, &rtcp_dtls_}) {
    if (!*leg) continue;
    (*leg)->on_timer(now);
    after_dtls(*leg);
  }
  reorder_.on_timer(now, in_order_);
  if (!in_order_.empty()) take_in_order();
  if (flush_at_ && now >= *flush_at_) {
    flush_at_.reset();
    normalizer_->flush(frames_);
    write_frames();
  }
}

bool SipSource::Track::may_send() const {
  return media_ && (media_->direction == sdp::Direction::SendRecv ||
                    media_->direction == sdp::Direction::SendOnly);
}

void SipSource::Track::keep_open(Instant now) {
  if (!media_ || lock_.target().is_any()) return;
  if (kept_open_ && now - *kept_open_ < kKeepOpen) return;
  kept_open_ = now;
  StunTransactionId transaction;
  random_bytes(transaction);
  rtp_socket_->send(make_binding_indication(transaction), lock_.target());
}

void SipSource::Track::send_rtp(BytesView packet) {
  // c=0.0.0.0 is hold, and no place to send to: for Linux it would be this machine.
  if (!media_ || lock_.target().is_any()) return;
  if (srtp_) packet = srtp_->seal_rtp(packet);
  if (!packet.empty()) rtp_socket_->send(packet, lock_.target());
}

void SipSource::Track::send_rtcp(BytesView packet) {
  if (!media_) return;
  const SocketAddress to = media_->rtcp_mux ? lock_.target()
                           : rtcp_peer_     ? *rtcp_peer_
                                            : media_->remote_rtcp;
  if (to.is_any()) return;
  if (srtp_) packet = srtp_->seal_rtcp(packet);
  if (packet.empty()) return;
  (media_->rtcp_mux ? rtp_socket_ : rtcp_socket_)->send(packet, to);
}

void SipSource::Track::send_report(const std::optional<rtcp::SenderReport>& report, Instant now,
                                   const std::vector<rtcp::Packet>& more) {
  std::vector<rtcp::ReportBlock> blocks;
  if (const auto block = receiver_.report(now)) blocks.push_back(*block);
  rtcp::Packet first = rtcp::ReceiverReport{local_ssrc_, blocks};
  if (report) {
    rtcp::SenderReport sender = *report;
    sender.blocks = blocks;
    first = sender;
  }
  send_rtcp(rtcp::compound(first, source_.options_.cname, more));
}

void SipSource::Track::ask_keyframe(const KeyframeAsk& ask) {
  const auto ssrc = receiver_.ssrc();
  if (!ssrc || !media_) return;
  std::vector<rtcp::Packet> more;
  if (ask.pli) more.emplace_back(rtcp::Pli{local_ssrc_, *ssrc});
  if (ask.fir) more.emplace_back(rtcp::Fir{local_ssrc_, *ssrc, fir_command_++});
  if (!more.empty()) send_report({}, source_.loop_.now(), more);
}

SourceTrackStats SipSource::Track::stats() const {
  SourceTrackStats stats = stats_;
  stats.packets_total = receiver_.packets();
  stats.bytes_total = receiver_.bytes();
  stats.reorder = reorder_.stats();
  stats.lost = receiver_.lost();
  stats.jitter_ms = receiver_.jitter_ms();
  if (codec_) stats.payload_type = codec_->payload_type;
  return stats;
}

const VideoNormalizerStats& SipSource::Track::frame_stats() const {
  static constexpr VideoNormalizerStats kNone{};
  return normalizer_ ? normalizer_->stats() : kNone;
}

}  // namespace sipcast
