#pragma once
#include <memory>
#include <vector>

#include "base/time.hpp"
#include "ffmpeg/black_pictures.hpp"
#include "rtp/rtp_sender.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast {

/// What a phone sees that agreed on video both ways: a black picture, for devices and PBXs that
/// give up on a leg without any. Makes the packets; its owner sends them every kInterval. One per
/// call, on its media loop.
class SlateSender {
 public:
  static constexpr Duration kInterval = std::chrono::seconds(1);
  using Pictures = std::shared_ptr<const ffmpeg::BlackPictures>;
  SlateSender(Pictures pictures, const sdp::SipCodec& codec, Instant now);

  /// Another codec or payload type was agreed on.
  void change(const sdp::SipCodec& codec) { codec_ = codec; }
  /// The packets of a picture at `now`, header and payload.
  std::vector<Bytes> next(Instant now);
  /// For the sender report; none before the first picture.
  std::optional<rtcp::SenderReport> report(Instant now, WallTime wall) const;
  Ssrc ssrc() const { return rtp_.ssrc(); }

 private:
  Pictures pictures_;
  sdp::SipCodec codec_;
  Instant start_;
  RtpSender rtp_{90'000};
  uint16_t number_ = 0;
};

}  // namespace sipcast
