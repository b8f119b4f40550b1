#pragma once
#include <optional>

#include "base/time.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast {

/// Counts one received SSRC for its report blocks (RFC 3550 §6.4.1, appendix A.3 and A.8). A new
/// SSRC starts anew. One per track, on its media loop.
class ReceiverStats {
 public:
  explicit ReceiverStats(uint32_t clock_rate_hz) : clock_rate_hz_(clock_rate_hz) {}
  void on_rtp(const RtpView& rtp, Instant arrival);
  /// Of another codec; the jitter is measured anew.
  void set_clock_rate(uint32_t clock_rate_hz);
  /// Of the SSRC received, or of one that is yet to come; others are ignored.
  void on_sender_report(const rtcp::SenderReport& report, Instant arrival);
  /// The block for the next report; none before the first packet. Starts a new interval.
  std::optional<rtcp::ReportBlock> report(Instant now);
  std::optional<Ssrc> ssrc() const { return ssrc_; }
  uint64_t packets() const { return packets_; }  ///< of all SSRCs
  uint64_t bytes() const { return bytes_; }      ///< of payload, of all SSRCs
  int64_t lost() const;                          ///< of this SSRC so far; negative with duplicates
  double jitter_ms() const;

 private:
  void start(const RtpView& rtp);
  bool follow(SequenceNumber seq);
  void update_jitter(const RtpView& rtp, Instant arrival);
  uint64_t expected() const { return static_cast<uint64_t>(highest_ - first_ + 1); }

  uint32_t clock_rate_hz_;
  std::optional<Ssrc> ssrc_;
  int64_t first_ = 0, highest_ = 0;  // extended
  std::optional<SequenceNumber> after_jump_;
  uint64_t packets_ = 0, bytes_ = 0, received_ = 0, expected_prior_ = 0, received_prior_ = 0;
  double jitter_ = 0;
  std::optional<Instant> last_arrival_;
  uint32_t last_timestamp_ = 0;
  std::optional<Ssrc> last_sr_ssrc_;
  uint32_t last_sr_ = 0;
  Instant last_sr_arrival_{};
};

}  // namespace sipcast
