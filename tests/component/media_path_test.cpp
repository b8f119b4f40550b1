// From a phone's camera to a viewer's decoder, over two bad networks in virtual time: every module
// of the media path but sockets, SRTP and the browser.
#include <gtest/gtest.h>

#include <set>

#include "base/log.hpp"
#include "egress/track_rewriter.hpp"
#include "ffmpeg/video_decoder.hpp"
#include "ffmpeg/video_encoder.hpp"
#include "phone/test_card.hpp"
#include "rtp/frame_depacketizer.hpp"
#include "rtp/packetizer.hpp"
#include "rtp/reorder_buffer.hpp"
#include "rtp/rtcp.hpp"
#include "rtp/video_normalizer.hpp"
#include "simulated_link.hpp"
#include "stream/stream.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr int kFps = 25;
constexpr Duration kFrameTime = 40ms;

/// A phone's camera: one frame each 40 ms whose barcode is its number, as RTP.
class Camera {
 public:
  Camera(Codec codec, int gop_frames)
      : codec_(codec),
        encoder_(*ffmpeg::VideoEncoder::create(
            {.codec = codec, .fps = kFps, .bitrate_kbit = 800, .gop_frames = gop_frames})) {}

  static RtpTimestamp timestamp_of(unsigned number) {
    return RtpTimestamp{0xfffff000u + number * 90000u / kFps};
  }
  /// Of a frame of this timestamp, when the first one had the timestamp `origin`.
  static unsigned number_of(RtpTimestamp timestamp, RtpTimestamp origin) {
    return (timestamp.value - origin.value) * kFps / 90000u;
  }

  std::vector<Bytes> next_frame() {
    const auto number = frame_++;
    const auto coded = encoder_.encode(
        card_.draw({.timecode = number, .media_time = number * kFrameTime, .clock = "12:00"}),
        ffmpeg::KeyframeWish::None);
    EXPECT_TRUE(coded);
    const auto payloads =
        codec_ == Codec::H264
            ? packetize_h264(annexb_nal_units(coded->bytes), 1400,
                             PacketizationMode::NonInterleaved)
            : packetize_vp8(coded->bytes, 1400, static_cast<uint16_t>(number & 0x7fff));
    std::vector<Bytes> packets;
    for (const Bytes& payload : payloads) {
      Bytes& packet = packets.emplace_back(kRtpHeaderSize);
      write_rtp_header({.marker = packets.size() == payloads.size(),
                        .payload_type = 96,
                        .seq = SequenceNumber(seq_++),
                        .timestamp = timestamp_of(number),
                        .ssrc = Ssrc{7}},
                       packet);
      packet.insert(packet.end(), payload.begin(), payload.end());
    }
    return packets;
  }

 private:
  Codec codec_;
  phone::TestCard card_{640, 360};
  ffmpeg::VideoEncoder encoder_;
  uint16_t frame_ = 0;
  uint16_t seq_ = 65500;
};

/// What a browser does with a track: puts in order, asks for what is missing, decodes.
class Viewer {
 public:
  explicit Viewer(Codec codec) : codec_(codec), decoder_(*ffmpeg::VideoDecoder::create(codec)) {}

  /// Sequence numbers that it misses now.
  std::vector<SequenceNumber> receive(BytesView datagram) {
    const auto rtp = parse_rtp(datagram);
    EXPECT_TRUE(rtp);
    const int64_t extended =
        packets_.empty()
            ? rtp->seq.value()
            : newest_ + rtp->seq.distance_from(SequenceNumber(static_cast<uint16_t>(newest_)));
    if (packets_.empty()) next_ = extended;
    newest_ = std::max(newest_, extended);
    packets_.emplace(extended, StoredPacket{rtp->timestamp, rtp->marker,
                                            Bytes(rtp->payload.begin(), rtp->payload.end())});
    decode_what_is_whole();
    std::vector<SequenceNumber> missing;
    for (int64_t seq = next_; seq < newest_; ++seq) {
      if (!packets_.contains(seq)) missing.emplace_back(static_cast<uint16_t>(seq));
    }
    return missing;
  }

  struct Picture {
    RtpTimestamp timestamp;
    std::optional<uint16_t> barcode;
  };
  std::vector<Picture> pictures;
  int refused = 0;

 private:
  struct StoredPacket {
    RtpTimestamp timestamp;
    bool marker;
    Bytes payload;
  };
  void decode_what_is_whole() {
    for (; packets_.contains(next_); ++next_) {
      const StoredPacket& packet = packets_.at(next_);
      if (last_timestamp_) {
        const auto step = static_cast<int32_t>(packet.timestamp.value - last_timestamp_->value);
        EXPECT_GE(step, 0) << "time went back";
      }
      last_timestamp_ = packet.timestamp;
      EXPECT_TRUE(append_frame_bytes(codec_, packet.payload, frame_));
      if (!packet.marker) continue;
      const auto picture = decoder_.decode(frame_);
      if (!picture || !*picture) {
        ++refused;
      } else {
        pictures.push_back({packet.timestamp, phone::read_timecode(**picture)});
      }
      frame_.clear();
    }
  }
  Codec codec_;
  ffmpeg::VideoDecoder decoder_;
  std::map<int64_t, StoredPacket> packets_;
  int64_t newest_ = 0, next_ = 0;
  std::optional<RtpTimestamp> last_timestamp_;
  Bytes frame_;
};

struct Bad {
  const char* name;
  Codec codec;
  int gop_frames;
  SimulatedLink::Weather phone_leg, viewer_leg;
};
std::ostream& operator<<(std::ostream& out, const Bad& bad) { return out << bad.name; }

class MediaPath : public testing::TestWithParam<Bad>, private PacketSink {
 protected:
  static constexpr int kFrames = 750;  // half a minute

  void run(unsigned seed) {
    phone_leg.emplace(GetParam().phone_leg, seed);
    viewer_leg.emplace(GetParam().viewer_leg, seed + 1);
    stream.set_tracks({.audio = {}, .video = TrackInfo{.codec = GetParam().codec}});
    const auto subscription = stream.attach(*this);
    for (int frame = 0; frame < kFrames; ++frame) {
      bool lost = false;
      for (const Bytes& packet : camera.next_frame()) lost |= !phone_leg->send(packet, now);
      if (lost) lost_frames.insert(static_cast<unsigned>(frame));
      advance_to(now + kFrameTime);
    }
    advance_to(now + 2s);
  }

  /// Everything that happens until `until`, in its order.
  void advance_to(Instant until) {
    for (;;) {
      std::optional<Instant> due;
      for (const auto at :
           {phone_leg->next_arrival(), viewer_leg->next_arrival(), reorder.deadline()}) {
        if (at && (!due || *at < *due)) due = at;
      }
      if (!due || *due > until) break;
      now = std::max(now, *due);
      if (phone_leg->next_arrival() == due) {
        const Bytes datagram = phone_leg->receive();
        reorder.push(*parse_rtp(datagram), datagram, now, in_order);
      } else if (viewer_leg->next_arrival() == due) {
        answer(viewer.receive(viewer_leg->receive()));
      } else {
        reorder.on_timer(now, in_order);
      }
      pass_on();
    }
    now = until;
  }

  void pass_on() {
    for (const StoredRtp& stored : in_order) {
      normalizer.push(stored.view, stored.arrival, stored.gap_before, frames);
    }
    in_order.clear();
    for (NormalFrame& frame : frames) {
      longest_wait = std::max(longest_wait, now - frame.arrival);
      stream.write_frame(std::move(frame));
    }
    frames.clear();
  }

  /// The server's answer to a NACK: the packet from the stream's history, with the header of its
  /// first sending.
  void answer(const std::vector<SequenceNumber>& missing) {
    for (const SequenceNumber seq : missing) {
      if (!asked.insert({seq.value(), now.time_since_epoch() / 50ms}).second)
        continue;  // once in 50 ms
      const auto sequence = rewriter.stream_sequence(seq);
      const PacketPtr packet = sequence ? stream.history().find(*sequence) : nullptr;
      if (!packet) continue;
      const auto header = rewriter.again(*packet);
      ASSERT_TRUE(header);
      EXPECT_EQ(header->seq, seq);
      send(*header, *packet);
      ++resent;
    }
  }
  void send(const RtpHeader& header, const Packet& packet) {
    Bytes datagram(kRtpHeaderSize);
    write_rtp_header(header, datagram);
    datagram.insert(datagram.end(), packet.payload.begin(), packet.payload.end());
    viewer_leg->send(datagram, now);
  }

  bool whole_since_keyframe(unsigned number) const {
    const auto gop = static_cast<unsigned>(GetParam().gop_frames);
    for (unsigned each = gop == 0 ? 0 : number - number % gop; each <= number; ++each) {
      if (!passed_on.contains(each)) return false;
    }
    return true;
  }

  void on_tracks(const TrackList&) override {}
  void on_end(EndReason) override {}
  void on_packet(const PacketPtr& packet) override {
    if (!rewriter.started()) {
      if (!packet->keyframe_start) return;  // the phone's first packets may have swapped
      rewriter.start_live(packet->sequence, packet->timestamp);
    }
    passed_on.insert(Camera::number_of(packet->timestamp, Camera::timestamp_of(0)));
    send(rewriter.next(*packet), *packet);
  }

  Instant now{1s};
  Camera camera{GetParam().codec, GetParam().gop_frames};
  std::optional<SimulatedLink> phone_leg, viewer_leg;
  ReorderBuffer reorder{{.least = 20ms, .most = 120ms}, 512};
  std::vector<StoredRtp> in_order;
  VideoNormalizer normalizer{{.codec = GetParam().codec}};
  std::vector<NormalFrame> frames;
  Stream stream{StreamName{"room"}, Logger::none()};
  sdp::ViewerTrack track = [] {
    sdp::ViewerTrack made;
    made.payload_type = 102;
    made.ssrc = Ssrc{9};
    return made;
  }();
  TrackRewriter rewriter{track};
  Viewer viewer{GetParam().codec};
  std::set<unsigned> lost_frames, passed_on;
  std::set<std::pair<uint16_t, int64_t>> asked;
  int resent = 0;
  Duration longest_wait{};
};

TEST_P(MediaPath, EveryFrameThatCameWholeIsSeenInItsOrder) {
  run(1);
  // A loss costs the frame that it hits, or the two between which nobody can tell whose it was.
  ASSERT_FALSE(passed_on.empty());
  const size_t sent = kFrames - *passed_on.begin();
  EXPECT_GE(sent, size_t{kFrames} / 2);
  EXPECT_GE(passed_on.size() + lost_frames.size() * 2, sent);
  if (GetParam().phone_leg.loss == 0) EXPECT_EQ(passed_on.size(), sent);
  EXPECT_EQ(viewer.pictures.size(), passed_on.size());
  EXPECT_EQ(viewer.refused, 0) << "each frame gave a picture";
  EXPECT_LE(longest_wait, 120ms + GetParam().phone_leg.jitter);
  if (GetParam().viewer_leg.loss > 0) EXPECT_GT(resent, 0);

  int sharp = 0;
  for (const Viewer::Picture& picture : viewer.pictures) {
    const unsigned number =
        Camera::number_of(picture.timestamp, rewriter.outgoing(Camera::timestamp_of(0)));
    if (!whole_since_keyframe(number)) continue;  // may show traces of what was lost
    EXPECT_EQ(picture.barcode, number);
    ++sharp;
  }
  EXPECT_GT(sharp, 5);
}

INSTANTIATE_TEST_SUITE_P(
    Networks, MediaPath,
    testing::Values(Bad{"clean", Codec::H264, 50, {}, {}},
                    Bad{"a phone that loses packets and sends one keyframe",
                        Codec::H264,
                        0,
                        {.loss = 0.02, .delay = 20ms},
                        {}},
                    Bad{"a phone on a bad mobile network",
                        Codec::H264,
                        100,
                        {.loss = 0.05, .duplicate = 0.02, .delay = 40ms, .jitter = 30ms},
                        {}},
                    Bad{"a leg that swaps packets and loses none",
                        Codec::H264,
                        100,
                        {.delay = 10ms, .jitter = 15ms},
                        {}},
                    Bad{"a viewer who loses packets",
                        Codec::H264,
                        100,
                        {},
                        {.loss = 0.05, .delay = 20ms, .jitter = 5ms}},
                    Bad{"both legs bad, VP8",
                        Codec::Vp8,
                        100,
                        {.loss = 0.02, .delay = 20ms, .jitter = 10ms},
                        {.loss = 0.05, .delay = 20ms, .jitter = 5ms}}));

}  // namespace
}  // namespace sipcast
