#include "egress/webrtc_viewer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.hpp"
#include "rtp/rtx.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

// A replay goes out at about 16 Mbit/s: the last GOP of a phone is there within a few hundred
// milliseconds, and no access link's queue has to hold all of it at once.
constexpr Duration kReplayTurn = 5ms;
constexpr int kReplayPacketsPerTurn = 8;
// A viewer's keyframe requests are served from the history this often at most; sooner while it may
// have no picture at all, because the beginning of its replay was lost on the way: a browser asks
// for resends only of what lies behind the first packet that it got.
constexpr Duration kReplayAgain = 1s;
constexpr Duration kNewcomer = 5s, kNewcomerReplayAgain = 500ms;
constexpr Duration kReportInterval = 1s;
constexpr size_t kMaxResendsPerNack = 128;
// Of the buffer of a TCP connection: what stays free for sound, checks and reports, and what must
// be free before a keyframe begins.
constexpr size_t kRoomBehindVideo = 16 * 1024, kRoomForKeyframe = 160 * 1024;
}  // namespace

WebRtcViewer::WebRtcViewer(Options options, Events events, const DtlsContext& dtls, Stream& stream,
                           IcePort& port, MediaLoop& loop, Logger log)
    : options_(std::move(options)),
      events_(std::move(events)),
      stream_(stream),
      port_(port),
      loop_(loop),
      log_(std::move(log)),
      peer_(options_.peer, dtls, *this, loop.now(), log_),
      rtx_seq_(static_cast<uint16_t>(random_u32() & 0x7fff)) {
  if (options_.audio) audio_.emplace(*options_.audio);
  if (options_.video) video_.emplace(*options_.video);
  arm_peer_timer();
}

WebRtcViewer::~WebRtcViewer() {
  subscription_.release();
  peer_.close();
}

void WebRtcViewer::arm_peer_timer() {
  peer_timer_due_ = peer_.deadline();
  peer_timer_ = loop_.at(peer_timer_due_, [this] {
    peer_.on_timer(loop_.now());
    if (!over_) arm_peer_timer();
  });
}

void WebRtcViewer::on_datagram(BytesView datagram, const SocketAddress& from, Instant now) {
  if (over_) return;
  peer_.on_datagram(datagram, from, now);
  if (!over_ && peer_.deadline() < peer_timer_due_) arm_peer_timer();
}

void WebRtcViewer::on_port_unreachable(Instant now) {
  if (over_) return;
  peer_.on_port_unreachable(now);
  if (peer_.deadline() < peer_timer_due_) arm_peer_timer();
}

void WebRtcViewer::on_send_overflow() {
  if (over_ || !video_ || !video_->started() || skipping_) return;
  skip_to_keyframe("the kernel's send buffer is full");
}

ViewerStats WebRtcViewer::stats() const {
  ViewerStats stats = stats_;
  if (video_) stats.video_octets = video_->octets();
  return stats;
}

void WebRtcViewer::send(BytesView datagram, const SocketAddress& to) { port_.send(datagram, to); }

void WebRtcViewer::on_connected() {
  log_.info("connected from {}", peer_.selected() ? peer_.selected()->to_string() : "?");
  connected_at_ = loop_.now();
  bandwidth_.on_connected(connected_at_);
  subscription_ = stream_.attach(*this);
  if (video_ && video_->playable()) start_video(loop_.now());
  report_timer_ = loop_.at(loop_.now() + 50ms, [this] { send_reports(); });
  if (events_.playing) events_.playing();
}

void WebRtcViewer::on_ended(std::string_view cause) {
  over_ = true;
  subscription_.release();
  replay_timer_.cancel();
  report_timer_.cancel();
  log_.info("ended: {}", cause);
  if (events_.failed) events_.failed(cause);
}

void WebRtcViewer::on_tracks(const TrackList& tracks) {
  Plays plays;
  const bool audio = follow(audio_, tracks.audio, plays.cause);
  const bool video = follow(video_, tracks.video, plays.cause);
  if (audio) newest_audio_.reset();  // in ticks of another clock
  if (video) {                       // on_packet begins anew with the next keyframe
    cursor_.reset();
    replay_timer_.cancel();
    last_replay_.reset();
  }
  if (!audio && !video) return;
  const auto sent_codec = [](const std::optional<TrackRewriter>& rewriter) {
    return rewriter && rewriter->playable() ? std::optional(rewriter->track().codec) : std::nullopt;
  };
  plays.audio = sent_codec(audio_);
  plays.video = sent_codec(video_);
  const auto name = [](std::optional<Codec> codec) { return codec ? codec_name(*codec) : "none"; };
  log_.info("goes on with audio {}, video {}{}{}", name(plays.audio), name(plays.video),
            plays.cause.empty() ? "" : ": ", plays.cause);
  if (events_.changed) events_.changed(plays);
}

/// True when what `rewriter` sends changes. Adds to `cause` why it sends nothing.
bool WebRtcViewer::follow(std::optional<TrackRewriter>& rewriter,
                          const std::optional<TrackInfo>& track, std::string& cause) {
  if (!rewriter) return false;
  const bool changed = rewriter->follow(codec_of(track));
  if (track && !rewriter->playable()) {
    const MediaKind kind = kind_of(track->codec);
    cause += fmt::format("{}the phone sends {} as {} now, which this viewer did not offer",
                         cause.empty() ? "" : "; ", codec_name(track->codec),
                         kind == MediaKind::Audio ? "audio" : "video");
  }
  return changed;
}

void WebRtcViewer::on_end(EndReason reason) {
  if (over_) return;
  over_ = true;
  replay_timer_.cancel();
  report_timer_.cancel();
  if (events_.stream_ended) events_.stream_ended(reason);
}

void WebRtcViewer::start_video(Instant now) {
  const VideoHistory& history = stream_.history();
  const auto keyframe = history.keyframe_sequence();
  if (!keyframe) {
    stream_.want_keyframe(now);
    return;
  }
  const PacketPtr first = history.find(*keyframe);
  video_->start_replay(*keyframe, first->timestamp, *history.newest_timestamp());
  cursor_ = keyframe;
  resume_video(now);
  last_replay_ = now;
  ++stats_.replays_total;
  pump_replay();
}

void WebRtcViewer::pump_replay() {
  const VideoHistory& history = stream_.history();
  for (int i = 0; i < kReplayPacketsPerTurn && cursor_ && has_room(kRoomBehindVideo); ++i) {
    if (*cursor_ == history.end_sequence()) {
      cursor_.reset();  // the live edge is reached
      return;
    }
    const PacketPtr packet = history.find(*cursor_);
    if (!packet) {  // overtaken by the bound of the history: on from its newest keyframe
      cursor_.reset();
      return start_video(loop_.now());
    }
    send_packet(*video_, *packet);
    if (!cursor_) return;  // it was dropped
    ++*cursor_;
  }
  if (cursor_) replay_timer_ = loop_.at(loop_.now() + kReplayTurn, [this] { pump_replay(); });
}

void WebRtcViewer::on_packet(const PacketPtr& packet) {
  if (over_) return;
  if (packet->kind == MediaKind::Audio) {
    if (!audio_ || !audio_->playable()) return;
    if (!audio_->started()) audio_->start_live(packet->sequence, packet->timestamp);
    newest_audio_ = packet->timestamp;
    send_packet(*audio_, *packet);
    return;
  }
  if (!video_ || !video_->playable() || cursor_) return;
  if (video_->started() && !skipping_ && !has_room(kRoomBehindVideo)) {
    skip_to_keyframe("its TCP connection is too slow");
  }
  if (!video_->started() || skipping_) {
    const bool room = has_room(kRoomForKeyframe) && may_begin_video(loop_.now());
    if (skipping_ && room && !std::exchange(asked_while_skipping_, true)) {
      stream_.want_keyframe(loop_.now());
    }
    if (!packet->keyframe_start || !room) {
      stats_.dropped_packets_total += skipping_ ? 1 : 0;
      return;
    }
    resume_video(loop_.now());
    video_->start_live(packet->sequence, packet->timestamp);
  }
  send_packet(*video_, *packet);
}

bool WebRtcViewer::has_room(size_t bytes) const {
  const SocketAddress& peer = *peer_.selected();
  return !port_.congested(peer) && port_.room(peer) >= bytes;
}

void WebRtcViewer::resume_video(Instant now) {
  skipping_ = false;
  if (!bandwidth_.enough()) bandwidth_.resume(now);
}

/// A pause for want of bandwidth lasts its time.
bool WebRtcViewer::may_begin_video(Instant now) {
  return bandwidth_.enough() || bandwidth_.may_resume(now);
}

void WebRtcViewer::judge_bandwidth() {
  if (bandwidth_.enough() || skipping_ || !video_ || !video_->started()) return;
  skip_to_keyframe("its line is too narrow");
  log_.info(
      "its line is too narrow for the video: {} kbit/s sent, {} kbit/s estimated, {:.0f} % lost",
      bandwidth_.sent_bps() / 1000, stats_.remb_bps / 1000, 100 * stats_.fraction_lost);
}

void WebRtcViewer::skip_to_keyframe(std::string_view cause) {
  cursor_.reset();
  replay_timer_.cancel();
  skipping_ = true;
  asked_while_skipping_ = false;
  ++stats_.keyframe_skips_total;
  log_.debug("{}: no video until a keyframe", cause);
}

bool WebRtcViewer::send_packet(TrackRewriter& rewriter, const Packet& packet) {
  uint8_t header[kRtpHeaderSize];
  const size_t size = sizeof header + packet.payload.size() + IceLitePeer::kSealOverhead;
  if (port_.room(*peer_.selected()) < size) {  // before a sequence number is used up
    ++stats_.dropped_packets_total;
    return false;
  }
  write_rtp_header(rewriter.next(packet), header);
  const std::span<uint8_t> wire = port_.reserve(size);
  const size_t sealed = wire.empty() ? 0 : peer_.seal_rtp(header, packet.payload, wire);
  if (sealed == 0) {
    ++stats_.dropped_packets_total;
    return false;
  }
  port_.commit(sealed, *peer_.selected());
  ++stats_.packets_total;
  stats_.bytes_total += sealed;
  if (packet.kind == MediaKind::Video) bandwidth_.on_sent(sealed);
  if (!told_first_frame_ && (!video_ || !video_->playable() || &rewriter == &*video_)) {
    told_first_frame_ = true;
    if (events_.first_frame) events_.first_frame();
  }
  return true;
}

void WebRtcViewer::resend(const rtcp::Nack& nack) {
  if (!video_ || nack.media != video_->track().ssrc) return;
  size_t resent = 0;
  Bytes payload;
  for (const SequenceNumber seq : nack.lost) {
    ++stats_.nacked_packets_total;
    if (resent == kMaxResendsPerNack || !has_room(kRoomForKeyframe)) continue;
    const auto sequence = video_->stream_sequence(seq);
    const PacketPtr packet = sequence ? stream_.history().find(*sequence) : nullptr;
    const auto header = packet ? video_->again(*packet) : std::nullopt;
    if (!header) continue;
    if (!resend_budget_.take(loop_.now())) {
      ++stats_.resends_refused_total;
      continue;
    }
    RtpHeader out = *header;
    payload.clear();
    if (video_->track().rtx_payload_type) {
      out.payload_type = *video_->track().rtx_payload_type;
      out.ssrc = video_->track().rtx_ssrc;
      out.seq = SequenceNumber(rtx_seq_++);
      append_rtx_payload(header->seq, packet->payload, payload);  // RFC 4588 §4
    } else {
      payload =
          packet->payload;  // bit-identical to the first sending: the same nonce for the same bytes
    }
    uint8_t bytes[kRtpHeaderSize];
    write_rtp_header(out, bytes);
    const auto wire = port_.reserve(sizeof bytes + payload.size() + IceLitePeer::kSealOverhead);
    const size_t sealed = wire.empty() ? 0 : peer_.seal_rtp(bytes, payload, wire);
    if (sealed == 0) return;
    port_.commit(sealed, *peer_.selected());
    ++resent;
    ++stats_.resent_packets_total;
  }
}

void WebRtcViewer::on_keyframe_request(Instant now) {
  ++stats_.keyframe_requests_total;
  if (!video_ || !video_->playable() || !may_begin_video(now)) return;
  // A phone that obeys is asked; one that is known to be deaf, or slow, is stood in for by the
  // history.
  stream_.want_keyframe(now);
  const bool newcomer = now - connected_at_ < kNewcomer;
  const Duration again = newcomer ? kNewcomerReplayAgain : kReplayAgain;
  if (cursor_ || (last_replay_ && now - *last_replay_ < again)) return;
  if (newcomer || stream_.broker().stats().deaf) start_video(now);
}

void WebRtcViewer::on_rtcp(BytesView plain, Instant now) {
  const auto packets = rtcp::parse(plain);
  if (!packets) return;
  for (const rtcp::Packet& packet : *packets) {
    if (const auto* nack = std::get_if<rtcp::Nack>(&packet)) resend(*nack);
    if (std::holds_alternative<rtcp::Pli>(packet) || std::holds_alternative<rtcp::Fir>(packet)) {
      on_keyframe_request(now);
    }
    if (const auto* report = std::get_if<rtcp::ReceiverReport>(&packet)) {
      for (const rtcp::ReportBlock& block : report->blocks) {
        if (!options_.video || block.ssrc != options_.video->ssrc) continue;
        stats_.fraction_lost = block.fraction_lost / 256.0;
        stats_.video_lost = block.cumulative_lost;
        bandwidth_.on_loss(block.fraction_lost, now);
      }
    }
    if (const auto* remb = std::get_if<rtcp::Remb>(&packet)) {
      stats_.remb_bps = remb->bitrate_bps;
      bandwidth_.on_remb(remb->bitrate_bps, now);
    }
  }
  judge_bandwidth();
}

std::optional<rtcp::SenderReport> WebRtcViewer::sender_report(const TrackRewriter& rewriter,
                                                              MediaKind kind,
                                                              uint32_t clock_hz) const {
  const auto newest =
      kind == MediaKind::Audio ? newest_audio_ : stream_.history().newest_timestamp();
  if (!rewriter.started() || !newest) return {};
  const auto captured = stream_.timeline().capture_time(kind, *newest);
  if (!captured) return {};
  // The report says what the track's clock shows now, on the one timeline of both tracks.
  const double since = std::chrono::duration<double>(loop_.now() - *captured).count();
  const auto ticks = static_cast<int64_t>(since * clock_hz);
  return rtcp::SenderReport{
      .ssrc = rewriter.track().ssrc,
      .ntp = to_ntp(std::chrono::system_clock::now()),
      .timestamp = RtpTimestamp{rewriter.outgoing(*newest).value + static_cast<uint32_t>(ticks)},
      .packets = rewriter.packets(),
      .octets = rewriter.octets(),
      .blocks = {}};
}

void WebRtcViewer::send_reports() {
  for (const auto& [rewriter, kind] :
       {std::pair{&audio_, MediaKind::Audio}, {&video_, MediaKind::Video}}) {
    if (!*rewriter) continue;
    const auto report = sender_report(**rewriter, kind, clock_rate_hz((*rewriter)->track().codec));
    if (report) peer_.send_rtcp(rtcp::compound(*report, options_.cname));
  }
  report_timer_ = loop_.at(loop_.now() + kReportInterval, [this] { send_reports(); });
}

}  // namespace sipcast
