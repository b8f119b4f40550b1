#include "bench/load/viewer.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "rtp/h264_nal.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"
#include "secure/stun.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;
constexpr Duration kFirstChecks = 50ms;     // until one is answered
constexpr Duration kConsentChecks = 2500ms;
constexpr Duration kReports = 1s;
constexpr uint32_t kSampled = 16;  // one packet of so many is opened
constexpr uint8_t kAudioPayloadType = 8;
}  // namespace

Viewer::Viewer(const DtlsContext& dtls, const FrameEnds& ends)
    : dtls_(dtls), ends_(ends), ufrag_(random_token(8)), pwd_(random_token(24)) {}

ViewerOffer Viewer::offer() const { return {ufrag_, pwd_, dtls_.fingerprint(), 0}; }

void Viewer::start(const ViewerRemote& remote, Instant now, Output& out) {
  remote_ = remote;
  next_check_ = now;
  on_timer(now, out);
}

void Viewer::check(Output& out) {
  StunTransactionId transaction{};
  random_bytes(transaction);
  const std::string username = remote_.ufrag + ":" + ufrag_;
  out.push_back(make_binding_request({.transaction = transaction,
                                      .username = username,
                                      .password = remote_.pwd,
                                      .use_candidate = true}));
  ++checks_;
}

void Viewer::on_timer(Instant now, Output& out) {
  if (now >= next_check_) {
    check(out);
    next_check_ = now + (checked_ ? kConsentChecks : kFirstChecks);
  }
  if (session_ && session_->deadline() && now >= *session_->deadline()) {
    session_->on_timer(now);
    take_dtls_output(out);
  }
  if (now >= next_report_) {
    send_report(out);
    next_report_ = now + kReports;
  }
  next_tick_ = std::min(next_check_, next_report_);
  if (session_ && session_->deadline()) next_tick_ = std::min(next_tick_, *session_->deadline());
}

void Viewer::take_dtls_output(Output& out) {
  for (Bytes& datagram : session_->take_output()) out.push_back(std::move(datagram));
}

void Viewer::on_datagram(BytesView datagram, uint64_t received_ns, Instant now,
                         ViewerTotals& totals, Output& out) {
  if (datagram.size() < 12) return;
  if (datagram[0] >= 128) {
    if (is_rtcp(datagram)) return;
    return on_rtp(datagram, received_ns, totals);
  }
  if (is_dtls(datagram)) {
    on_dtls(datagram, now, out);
  } else if (const auto message = parse_stun(datagram); !message) {
    return;
  } else if (message->type == kStunBindingRequest) {  // some servers check back
    out.push_back(make_binding_success(message->transaction, remote_.candidate, pwd_));
  } else if (!checked_ && message->type == kStunBindingSuccess) {
    checked_ = true;
    next_check_ = now + kConsentChecks;
    auto session = DtlsSession::create(dtls_, DtlsRole::Client);
    if (!session) return;
    session_ = std::move(*session);
    session_->start(now);
    take_dtls_output(out);
  }
  on_timer(now, out);  // deadlines have moved
}

void Viewer::on_dtls(BytesView datagram, Instant now, Output& out) {
  if (!session_) return;
  session_->on_datagram(datagram, now);
  take_dtls_output(out);
  if (session_->state() != DtlsSession::State::Connected || rtp_) return;
  const auto keys = session_->srtp_keys();
  if (!keys) return;
  rtp_.emplace(std::move(*SrtpReceiver::create(keys->remote)));
  rtcp_.emplace(std::move(*SrtcpSender::create(keys->local)));
  next_report_ = now + kReports * (random_u32() % 1000) / 1000;
}

Viewer::Source* Viewer::source_of(uint32_t ssrc, uint16_t seq) {
  for (Source& source : sources_) {
    if (source.used && source.ssrc == ssrc) return &source;
    if (source.used) continue;
    const uint32_t first = 0x10000u + seq;
    source = {.ssrc = ssrc, .first = first, .highest = first, .used = true};
    return &source;
  }
  return nullptr;
}

void Viewer::on_rtp(BytesView datagram, uint64_t received_ns, ViewerTotals& totals) {
  ++totals.packets;
  totals.bytes += datagram.size();
  const auto seq = static_cast<uint16_t>(datagram[2] << 8 | datagram[3]);
  const uint32_t ssrc = ByteReader(datagram.subspan(8)).u32();
  Source* source = source_of(ssrc, seq);
  if (source == nullptr) return;
  ++source->received;
  const auto ahead = static_cast<int16_t>(seq - static_cast<uint16_t>(source->highest));
  if (ahead > 0) source->highest += static_cast<uint32_t>(ahead);

  const bool waiting = !first_keyframe_ns_;
  if (!rtp_ || (!waiting && (seq + phase_) % kSampled != 0)) return;
  std::array<uint8_t, 2048> plain;
  const auto size = rtp_->open(datagram, plain);
  if (!size) {
    ++totals.bad;
    return;
  }
  if (waiting) return look_for_keyframe(BytesView(plain).first(*size), received_ns);
  measure(BytesView(plain).first(*size), received_ns, totals);
}

/// Parameter sets, then every packet up to the marker.
void Viewer::look_for_keyframe(BytesView plain, uint64_t received_ns) {
  const auto rtp = parse_rtp(plain);
  if (!rtp || rtp->payload.empty() || rtp->payload_type == kAudioPayloadType ||
      rtp->payload_type == 0) {
    return;
  }
  const uint8_t type = h264::nal_type(rtp->payload[0]);
  const bool begins = type == h264::kStapA || type == h264::kSps;
  if (begins) {
    keyframe_next_ = rtp->seq.value();
  }
  if (!keyframe_next_ || *keyframe_next_ != rtp->seq.value()) {
    keyframe_next_.reset();
    return;
  }
  if (rtp->marker) {
    first_keyframe_ns_ = received_ns;
  } else {
    keyframe_next_ = static_cast<uint16_t>(rtp->seq.value() + 1);
  }
}

void Viewer::measure(BytesView plain, uint64_t received_ns, ViewerTotals& totals) const {
  const auto rtp = parse_rtp(plain);
  if (!rtp) return;
  const auto us = [&](uint64_t since) {
    return static_cast<float>(static_cast<int64_t>(received_ns - since)) / 1000.0f;
  };
  if (const auto video = read_stamp(rtp->payload, kVideoStampAt)) {
    totals.latency_us.push_back(us(video->sent_ns));
    totals.behind_frame_us.push_back(us(std::max(video->sent_ns, ends_.of(video->frame))));
  } else if (const auto sound = read_stamp(rtp->payload, 0)) {
    totals.latency_us.push_back(us(sound->sent_ns));
  }
}

void Viewer::count_lost(ViewerTotals& totals) {
  for (Source& source : sources_) {
    if (!source.used) continue;
    const uint32_t expected = source.highest - source.first + 1;
    const uint32_t lost = expected > source.received ? expected - source.received : 0;
    if (lost > source.told_lost) totals.lost += lost - source.told_lost;
    source.told_lost = lost;
  }
}

void Viewer::send_report(Output& out) {
  rtcp::ReceiverReport report{.ssrc = Ssrc{1}, .blocks = {}};
  for (const Source& source : sources_) {
    if (!source.used) continue;
    report.blocks.push_back({.ssrc = Ssrc{source.ssrc}, .highest_sequence = source.highest});
  }
  const Bytes plain = rtcp::compound(report, "viewer");
  Bytes sealed(plain.size() + rtcp_->overhead());
  sealed.resize(rtcp_->seal(plain, sealed));
  out.push_back(std::move(sealed));
}

}  // namespace sipcast::bench
