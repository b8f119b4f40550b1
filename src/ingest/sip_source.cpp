#include "ingest/sip_source.hpp"

#include <algorithm>
#include <utility>

#include "base/random.hpp"
#include "ingest/sip_track.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr Duration kReportInterval =
    2500ms;  // half of RFC 3550's 5 s minimum: video sources adapt sooner
constexpr Duration kFirstReport = 200ms;  // opens a NAT on the RTCP port, too
}  // namespace

SipSource::SipSource(const Options& options, MediaLoop& loop, Stream& stream, Logger log)
    : options_(options), loop_(loop), stream_(stream), log_(std::move(log)) {}

SipSource::~SipSource() { stream_.set_source(nullptr); }

Result<std::unique_ptr<SipSource>> SipSource::open(const Options& options, MediaLoop& loop,
                                                   PortPool& ports, Stream& stream, Logger log) {
  std::unique_ptr<SipSource> source(new SipSource(options, loop, stream, std::move(log)));
  // Another program may hold a port of our range: then the next pair is tried.
  const auto make = [&](MediaKind kind) -> Result<std::unique_ptr<Track>> {
    for (int busy = 0;; ++busy) {
      auto pair = ports.take();
      if (!pair) return std::unexpected(pair.error());
      auto track = std::make_unique<Track>(*source, kind, std::move(*pair));
      const auto bound = track->bind();
      if (bound) return track;
      if (busy == 16) return std::unexpected(bound.error());
    }
  };
  if (options.audio) {
    auto track = make(MediaKind::Audio);
    if (!track) return std::unexpected(track.error());
    source->audio_ = std::move(*track);
  }
  if (options.video) {
    auto track = make(MediaKind::Video);
    if (!track) return std::unexpected(track.error());
    source->video_ = std::move(*track);
  }
  stream.set_source(source.get());
  return source;
}

SipSource::Ports SipSource::ports() const {
  return {.audio = audio_ ? audio_->port() : uint16_t{0},
          .video = video_ ? video_->port() : uint16_t{0}};
}

void SipSource::connect(const sdp::SipAgreement& agreement) {
  if (audio_ && agreement.audio) {
    audio_->connect(*agreement.audio);
    const auto& send = agreement.audio->send;
    telephone_event_ = agreement.audio->telephone_event;
    if (!silence_) silence_.emplace(send.codec, send.payload_type, Ssrc{random_u32()});
    silence_->change(send.codec, send.payload_type);
  } else if (audio_) {
    audio_->disconnect();
  }
  if (video_ && agreement.video) {
    video_->connect(*agreement.video);
    if (options_.slate) {
      if (!slate_) slate_.emplace(options_.slate, agreement.video->send, loop_.now());
      slate_->change(agreement.video->send);
    }
  } else if (video_) {
    video_->disconnect();
  }
  tell_tracks();
  tick_stream();  // handshakes have deadlines
  if (!std::exchange(connected_, true)) return arm_timers();
  // A new description, perhaps the end of a hold: viewers should not wait for the next GOP.
  const auto receives = [](const sdp::SipMedia& media) {
    return media.direction == sdp::Direction::SendRecv ||
           media.direction == sdp::Direction::RecvOnly;
  };
  if (video_ && agreement.video && receives(*agreement.video)) {
    stream_.want_new_keyframe(loop_.now());
    tick_stream();
  }
}

void SipSource::tell_tracks() {
  TrackList tracks;
  if (audio_) tracks.audio = audio_->info();
  if (video_) tracks.video = video_->info();
  stream_.set_tracks(tracks);
}

void SipSource::play_digits(std::string_view digits) {
  if (silence_ && telephone_event_) silence_->play_digits(digits, *telephone_event_);
}

void SipSource::arm_timers() {
  next_silence_ = loop_.now();
  tick_silence();
  if (options_.slate) tick_slate();
  report_timer_ = loop_.at(loop_.now() + kFirstReport, [this] { tick_reports(); });
  no_media_timer_ = loop_.at(loop_.now() + options_.no_media_after, [this] {
    if (on_no_media) on_no_media();
  });
}

void SipSource::tick_silence() {
  if (silence_ && audio_ && audio_->may_send()) {
    for (const Bytes& packet : silence_->next()) audio_->send_rtp(packet);
  }
  next_silence_ += SilenceSender::kPacketTime;
  // A loop that was held up does not send a burst of what nobody waits for.
  if (next_silence_ + 200ms < loop_.now()) next_silence_ = loop_.now();
  silence_timer_ = loop_.at(next_silence_, [this] { tick_silence(); });
}

void SipSource::tick_slate() {
  if (slate_ && video_ && video_->may_send()) {
    for (const Bytes& packet : slate_->next(loop_.now())) video_->send_rtp(packet);
  }
  slate_timer_ = loop_.at(loop_.now() + SlateSender::kInterval, [this] { tick_slate(); });
}

void SipSource::tick_reports() {
  const Instant now = loop_.now();
  if (audio_ && audio_->connected()) {
    audio_->send_report(
        silence_ ? silence_->report(std::chrono::system_clock::now()) : std::nullopt, now);
  }
  if (audio_ && !audio_->may_send()) audio_->keep_open(now);
  if (video_ && video_->connected()) {
    video_->send_report(
        slate_ ? slate_->report(now, std::chrono::system_clock::now()) : std::nullopt, now);
    if (!slate_ || !video_->may_send()) video_->keep_open(now);
  }
  report_timer_ = loop_.at(now + kReportInterval, [this] { tick_reports(); });
}

void SipSource::tick_stream() {
  std::optional<Instant> next;
  const auto sooner = [&](std::optional<Instant> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  if (audio_) sooner(audio_->deadline());
  if (video_) sooner(video_->deadline());
  sooner(stream_.deadline());
  if (!next) return stream_timer_.cancel();
  stream_timer_ = loop_.at(*next, [this] {
    const Instant now = loop_.now();
    if (audio_) audio_->on_timer(now);
    if (video_) video_->on_timer(now);
    stream_.on_timer(now);
    tick_stream();
  });
}

void SipSource::ask_keyframe(const KeyframeAsk& ask) {
  if (video_) video_->ask_keyframe(ask);
  if (ask.info && on_info_wanted) on_info_wanted();
  log_.debug("keyframe asked for:{}{}{}", ask.pli ? " PLI" : "", ask.fir ? " FIR" : "",
             ask.info ? " INFO" : "");
  tick_stream();  // the broker has a new deadline
}

void SipSource::close() {
  if (audio_ && audio_->connected() && silence_) {
    audio_->send_report(silence_->report(std::chrono::system_clock::now()), loop_.now(),
                        {rtcp::Bye{{silence_->ssrc()}}});
  }
  if (video_ && video_->connected() && slate_) {
    video_->send_report(slate_->report(loop_.now(), std::chrono::system_clock::now()), loop_.now(),
                        {rtcp::Bye{{slate_->ssrc()}}});
  }
  if (audio_) audio_->disconnect();
  if (video_) video_->disconnect();
  silence_timer_.cancel();
  slate_timer_.cancel();
  report_timer_.cancel();
  stream_timer_.cancel();
  no_media_timer_.cancel();
}

SipSourceStats SipSource::stats() const {
  SipSourceStats stats;
  if (audio_) stats.audio = audio_->stats();
  if (video_) {
    stats.video = video_->stats();
    stats.frames = video_->frame_stats();
  }
  return stats;
}

}  // namespace sipcast
