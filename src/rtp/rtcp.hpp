#pragma once
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/strong.hpp"
#include "base/time.hpp"
#include "rtp/sequence_number.hpp"

namespace sipcast::rtcp {

/// RFC 3550 §6.4.1.
struct ReportBlock {
  Ssrc ssrc;
  uint8_t fraction_lost = 0;    ///< of 256
  int32_t cumulative_lost = 0;  ///< 24 bits, signed
  uint32_t highest_sequence = 0;
  uint32_t jitter = 0;               ///< in units of the RTP clock
  uint32_t last_sr = 0;              ///< middle 32 bits of the last SR's NTP
  uint32_t delay_since_last_sr = 0;  ///< 1/65536 s
};
struct SenderReport {
  Ssrc ssrc;
  uint64_t ntp = 0;
  RtpTimestamp timestamp;
  uint32_t packets = 0;
  uint32_t octets = 0;
  std::vector<ReportBlock> blocks;
};
struct ReceiverReport {
  Ssrc ssrc;
  std::vector<ReportBlock> blocks;
};
struct Sdes {
  Ssrc ssrc;
  std::string cname;
};
struct Bye {
  std::vector<Ssrc> ssrcs;
};
struct Pli {  ///< RFC 4585 §6.3.1
  Ssrc sender, media;
};
struct Fir {  ///< RFC 5104 §4.3.1
  Ssrc sender, media;
  uint8_t command = 0;  ///< counts up with each new request
};
struct Nack {  ///< RFC 4585 §6.2.1, unfolded
  Ssrc sender, media;
  std::vector<SequenceNumber> lost;
};
struct Remb {  ///< draft-alvestrand-rmcat-remb
  Ssrc sender;
  uint64_t bitrate_bps = 0;
};
using Packet = std::variant<SenderReport, ReceiverReport, Sdes, Bye, Pli, Fir, Nack, Remb>;

/// All packets of a compound or reduced-size (RFC 5506) datagram that we understand; others (XR,
/// APP, transport-cc) are skipped. Errors: Truncated, BadVersion, BadPadding: the whole datagram is
/// refused.
Result<std::vector<Packet>> parse(BytesView datagram);

/// Appends one packet.
void write(const Packet& packet, Bytes& out);
/// The usual compound: the report, then SDES with `cname`, then `more`.
Bytes compound(const Packet& report, const std::string& cname,
               const std::vector<Packet>& more = {});

}  // namespace sipcast::rtcp
