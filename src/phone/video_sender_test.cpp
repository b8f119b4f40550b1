#include "phone/video_sender.hpp"

#include <gtest/gtest.h>

#include "ffmpeg/video_decoder.hpp"

namespace sipcast::phone {
namespace {

const WallTime kNow{std::chrono::seconds(1'700'000'000)};

/// Frames `first` to `last` of a phone with these options, as packets.
struct Film {
  explicit Film(const PhoneOptions& options, sdp::SipCodec codec = {.codec = Codec::H264,
                                                                    .payload_type = 96,
                                                                    .packetization_mode = 1})
      : sender(VideoSender::create(options, codec)) {}
  std::vector<RtpView> frame(uint64_t number) {
    auto packets = sender->frame(number, kNow);
    EXPECT_TRUE(packets);
    std::vector<RtpView> views;
    for (Bytes& packet : *packets) {
      kept.push_back(std::make_unique<Bytes>(std::move(packet)));
      const auto view = parse_rtp(*kept.back());
      EXPECT_TRUE(view);
      views.push_back(*view);
    }
    return views;
  }
  Result<VideoSender> sender;
  std::vector<std::unique_ptr<Bytes>> kept;
};

unsigned nal_type(const RtpView& packet) { return packet.payload[0] & 0x1f; }

TEST(VideoSender, SendsAKeyframeWithItsParameterSetsFirst) {
  Film film({});
  ASSERT_TRUE(film.sender);
  const auto packets = film.frame(0);
  ASSERT_GE(packets.size(), 3u);
  EXPECT_EQ(nal_type(packets[0]), 7u);
  EXPECT_EQ(nal_type(packets[1]), 8u);
  for (const RtpView& packet : packets) {
    EXPECT_EQ(packet.payload_type, 96);
    EXPECT_EQ(packet.timestamp, packets[0].timestamp);
    EXPECT_LE(packet.payload.size(), 1200u);
    EXPECT_EQ(packet.marker, &packet == &packets.back());
  }
}

TEST(VideoSender, StampsAndNumbersWithoutHoles) {
  Film film({});
  ASSERT_TRUE(film.sender);
  std::vector<RtpView> all;
  for (uint64_t number = 0; number < 10; ++number) {
    const auto packets = film.frame(number);
    ASSERT_FALSE(packets.empty());
    EXPECT_EQ(packets[0].timestamp.value, film.sender->rtp().timestamp(Duration{}).value +
                                              3600 * static_cast<uint32_t>(number));
    all.insert(all.end(), packets.begin(), packets.end());
  }
  for (size_t i = 1; i < all.size(); ++i) EXPECT_EQ(all[i].seq.distance_from(all[i - 1].seq), 1);
}

TEST(VideoSender, SendsOnlySmallSingleNalUnitsInMode0) {
  Film film({.bitrate_kbit = 2000}, {.codec = Codec::H264, .payload_type = 97});
  ASSERT_TRUE(film.sender);
  for (uint64_t number = 0; number < 5; ++number) {
    for (const RtpView& packet : film.frame(number)) {
      EXPECT_LT(nal_type(packet), 24u);
      EXPECT_LE(packet.payload.size(), 1200u);
    }
  }
}

TEST(VideoSender, MakesAKeyframeOnRequest) {
  Film film({.gop = Duration::zero()});
  ASSERT_TRUE(film.sender);
  for (uint64_t number = 0; number < 10; ++number) {
    if (number == 4) film.sender->request_keyframe();
    EXPECT_EQ(nal_type(film.frame(number)[0]) == 7, number == 0 || number == 4);
  }
  EXPECT_EQ(film.sender->stats().keyframes_total, 2u);
}

TEST(VideoSender, KeepsParameterSetsOutOfBandWhenToldTo) {
  Film film({.sprop_only = true});
  ASSERT_TRUE(film.sender);
  for (uint64_t number = 0; number < 60; ++number) {
    for (const RtpView& packet : film.frame(number)) {
      EXPECT_NE(nal_type(packet), 7u);
      EXPECT_NE(nal_type(packet), 8u);
    }
  }
}

TEST(VideoSender, GivesParameterSetsATimestampOfTheirOwnWhenToldTo) {
  Film film({.own_timestamps = true});
  ASSERT_TRUE(film.sender);
  const auto packets = film.frame(0);
  ASSERT_GE(packets.size(), 3u);
  EXPECT_EQ(packets[0].timestamp, packets[1].timestamp);
  EXPECT_EQ(packets[2].timestamp.value - packets[1].timestamp.value, 1800u);
}

TEST(VideoSender, SetsEveryMarkerWhenToldTo) {
  Film film({.bad_markers = true});
  ASSERT_TRUE(film.sender);
  for (const RtpView& packet : film.frame(0)) EXPECT_TRUE(packet.marker);
}

TEST(VideoSender, LosesABurstAndItsNumbers) {
  Film film({.burst_drop = BurstDrop{.frames = 2, .every = std::chrono::milliseconds(160)}});
  ASSERT_TRUE(film.sender);
  SequenceNumber before;
  for (uint64_t number = 0; number < 11; ++number) {
    const auto packets = film.frame(number);
    EXPECT_EQ(packets.empty(), number >= 4 && number % 4 < 2) << number;
    if (number == 3) before = packets.back().seq;
    if (number == 6) EXPECT_GT(packets[0].seq.distance_from(before), 2);
  }
}

TEST(VideoSender, SendsVp8WithPictureIdsThatCount) {
  Film film({}, {.codec = Codec::Vp8, .payload_type = 98});
  ASSERT_TRUE(film.sender);
  std::optional<unsigned> last;
  for (uint64_t number = 0; number < 5; ++number) {
    const auto packets = film.frame(number);
    ASSERT_FALSE(packets.empty());
    const BytesView payload = packets[0].payload;
    ASSERT_GT(payload.size(), 4u);
    EXPECT_EQ(payload[0] & 0x90, 0x90);  // X and S
    EXPECT_EQ(payload[1] & 0x80, 0x80);  // I
    const unsigned id = (payload[2] & 0x7fu) << 8 | payload[3];
    if (last) EXPECT_EQ(id, (*last + 1) & 0x7fff);
    last = id;
  }
}

}  // namespace
}  // namespace sipcast::phone
