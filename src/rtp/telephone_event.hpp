#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/strong.hpp"

namespace sipcast {

/// RFC 4733 §2.3: the payload of one telephone-event packet.
struct TelephoneEvent {
  char digit = '0';  ///< 0-9 * # A-D
  bool end = false;
  uint16_t duration = 0;  ///< RTP clock ticks since the event began
};
Bytes write_telephone_event(const TelephoneEvent& event);
/// None for other bytes and for events above 15.
std::optional<TelephoneEvent> read_telephone_event(BytesView payload);

/// Plays digits in steps of 20 ms: 160 ms each, 100 ms of pause in between (RFC 4733 §2.5.1). Its
/// packets take the place of sound.
class DtmfSender {
 public:
  struct Packet {
    bool marker = false;
    RtpTimestamp timestamp;  ///< when the event began
    Bytes payload;
  };
  explicit DtmfSender(uint32_t clock_rate_hz) : ticks_(clock_rate_hz / 50) {}
  void start(std::string_view digits) { waiting_ += digits; }
  /// The packets of the 20 ms that begin at `now`; none while sound may play.
  std::vector<Packet> step(RtpTimestamp now);
  /// The digit whose last packet the step before gave; none otherwise.
  std::optional<char> finished() const { return finished_; }

 private:
  uint32_t ticks_;
  std::string waiting_;
  unsigned step_ = 0;  // of the digit in front: 0 is its first, from 8 on it is the pause
  RtpTimestamp began_;
  std::optional<char> finished_;
};

/// Finds the digits in telephone-event packets: one a timestamp, when its first end packet comes.
class DtmfReceiver {
 public:
  std::optional<char> on_packet(BytesView payload, RtpTimestamp timestamp);

 private:
  std::optional<RtpTimestamp> last_;
};

}  // namespace sipcast
