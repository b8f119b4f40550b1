#include "rtp/receiver_stats.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace sipcast {
namespace {
constexpr int kMaxJump = 3000;          // RFC 3550 §A.1 MAX_DROPOUT
constexpr double kMaxTransitS = 10;     // a larger step is a new start of the sender's clock
constexpr int64_t kMaxLost = 0x7fffff;  // 24 bits, signed
}  // namespace

void ReceiverStats::set_clock_rate(uint32_t clock_rate_hz) {
  if (clock_rate_hz == clock_rate_hz_) return;
  clock_rate_hz_ = clock_rate_hz;
  jitter_ = 0;
  last_arrival_.reset();
}

void ReceiverStats::start(const RtpView& rtp) {
  if (ssrc_ != rtp.ssrc) {
    jitter_ = 0;
    last_arrival_.reset();
  }
  ssrc_ = rtp.ssrc;
  first_ = highest_ = rtp.seq.value();
  received_ = expected_prior_ = received_prior_ = 0;
  after_jump_.reset();
}

/// False for a packet that jumped too far to be counted (RFC 3550 §A.1).
bool ReceiverStats::follow(SequenceNumber seq) {
  const int distance = seq.distance_from(SequenceNumber(static_cast<uint16_t>(highest_)));
  if (std::abs(distance) > kMaxJump) return false;
  after_jump_.reset();
  highest_ = std::max(highest_, highest_ + distance);
  return true;
}

void ReceiverStats::on_rtp(const RtpView& rtp, Instant arrival) {
  ++packets_;
  bytes_ += rtp.payload.size();
  if (ssrc_ != rtp.ssrc || after_jump_ == rtp.seq) {
    start(rtp);
  } else if (!follow(rtp.seq)) {
    after_jump_ = rtp.seq.plus(1);
    return;
  }
  ++received_;
  update_jitter(rtp, arrival);
}

void ReceiverStats::update_jitter(const RtpView& rtp, Instant arrival) {
  if (last_arrival_) {
    const double arrived = std::chrono::duration<double>(arrival - *last_arrival_).count();
    const auto sent = static_cast<int32_t>(rtp.timestamp.value - last_timestamp_);
    const double transit = std::abs(arrived * clock_rate_hz_ - sent);
    if (transit < kMaxTransitS * clock_rate_hz_) jitter_ += (transit - jitter_) / 16;
  }
  last_arrival_ = arrival;
  last_timestamp_ = rtp.timestamp.value;
}

void ReceiverStats::on_sender_report(const rtcp::SenderReport& report, Instant arrival) {
  if (ssrc_ && *ssrc_ != report.ssrc) return;
  last_sr_ssrc_ = report.ssrc;
  last_sr_ = static_cast<uint32_t>(report.ntp >> 16);
  last_sr_arrival_ = arrival;
}

int64_t ReceiverStats::lost() const {
  return ssrc_ ? static_cast<int64_t>(expected()) - static_cast<int64_t>(received_) : 0;
}

double ReceiverStats::jitter_ms() const { return jitter_ * 1000 / clock_rate_hz_; }

std::optional<rtcp::ReportBlock> ReceiverStats::report(Instant now) {
  if (!ssrc_) return {};
  rtcp::ReportBlock block;
  block.ssrc = *ssrc_;
  const auto expected_now = static_cast<int64_t>(expected() - expected_prior_);
  const auto received_now = static_cast<int64_t>(received_ - received_prior_);
  const int64_t lost_now = expected_now - received_now;
  if (expected_now > 0 && lost_now > 0) {
    block.fraction_lost =
        static_cast<uint8_t>(std::min<int64_t>(lost_now * 256 / expected_now, 255));
  }
  expected_prior_ = expected();
  received_prior_ = received_;
  block.cumulative_lost = static_cast<int32_t>(std::clamp(lost(), -kMaxLost - 1, kMaxLost));
  block.highest_sequence = static_cast<uint32_t>(highest_);
  block.jitter = static_cast<uint32_t>(jitter_);
  if (last_sr_ssrc_ == ssrc_) {
    const auto since = std::max(Duration::zero(), now - last_sr_arrival_);
    block.last_sr = last_sr_;
    block.delay_since_last_sr =
        static_cast<uint32_t>(std::chrono::duration<double>(since).count() * 65536.0);
  }
  return block;
}

}  // namespace sipcast
