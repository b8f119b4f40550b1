// One phone's leg on loopback sockets: what real phones do to RTP, and what a stream becomes of it.
#include "ingest/sip_source.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "ingest/track_srtp.hpp"
#include "net/await_test.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::on;

/// A UDP socket of the phone.
class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage{};
    socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_sockaddr(storage);
    auto* raw = reinterpret_cast<sockaddr*>(&storage);
    ::bind(fd_.get(), raw, size);
    ::getsockname(fd_.get(), raw, &size);
    address_ = SocketAddress::from_sockaddr(raw, size);
    const timeval patience{.tv_sec = 20, .tv_usec = 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  const SocketAddress& address() const { return address_; }
  void send(BytesView bytes, const SocketAddress& to) const {
    sockaddr_storage storage{};
    const socklen_t size = to.to_sockaddr(storage);
    ::sendto(fd_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&storage), size);
  }
  Bytes receive() const {
    Bytes bytes(2000);
    const auto size = ::recv(fd_.get(), bytes.data(), bytes.size(), 0);
    bytes.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return bytes;
  }

 private:
  UniqueFd fd_;
  SocketAddress address_;
};

struct Heard final : PacketSink {
  void on_tracks(const TrackList&) override {}
  void on_packet(const PacketPtr& packet) override {
    packets.change([&](auto& all) { all.push_back(packet); });
  }
  void on_end(EndReason) override {}
  test::Awaited<std::vector<PacketPtr>> packets;
  bool wait(size_t count) {
    return packets.wait([count](const auto& all) { return all.size() >= count; });
  }
};

class SipSourceTest : public testing::Test {
 protected:
  SipSourceTest() {
    loop_.start();
    on(loop_, [&] {
      stream_ = std::make_unique<Stream>(StreamName{"room"}, Logger::none());
      source_ = *SipSource::open(
          {.bind_ip = *SocketAddress::parse("127.0.0.1", 0), .video = false, .cname = "test"},
          loop_, ports_, *stream_, Logger::none());
      subscription_ = stream_->attach(heard_);
      ours_ = SocketAddress::parse("127.0.0.1", source_->ports().audio).value();
      return 0;
    });
  }
  ~SipSourceTest() override {
    on(loop_, [&] {
      subscription_.release();
      source_.reset();
      stream_.reset();
      return 0;
    });
    loop_.stop();
  }
  sdp::SipMedia media(const SocketAddress& rtp) const {
    return {.receive = {{.codec = Codec::Pcmu, .payload_type = 0, .parameter_sets = {}}},
            .send = {.codec = Codec::Pcmu, .payload_type = 0, .parameter_sets = {}},
            .telephone_event = {},
            .remote_rtp = rtp,
            .remote_rtcp = rtcp_.address()};
  }
  void connect(const sdp::SipMedia& media) {
    on(loop_, [&] {
      source_->connect({.audio = media, .video = {}});
      return 0;
    });
  }
  static Bytes rtp(uint16_t sequence, uint32_t timestamp, uint32_t ssrc = 7, uint8_t type = 0) {
    Bytes bytes(kRtpHeaderSize);
    write_rtp_header({.payload_type = type,
                      .seq = SequenceNumber(sequence),
                      .timestamp = RtpTimestamp{timestamp},
                      .ssrc = Ssrc{ssrc}},
                     bytes);
    bytes.insert(bytes.end(), 160, static_cast<uint8_t>(sequence));
    return bytes;
  }
  /// `count` packets of 20 ms in a row.
  void talk(const Socket& from, int count, uint16_t sequence, uint32_t timestamp,
            uint32_t ssrc = 7) const {
    for (int i = 0; i < count; ++i) {
      from.send(rtp(static_cast<uint16_t>(sequence + i), timestamp + 160 * static_cast<uint32_t>(i),
                    ssrc),
                ours_);
    }
  }
  SocketAddress ours_rtcp() const {
    return ours_.with_port(static_cast<uint16_t>(ours_.port() + 1));
  }
  SourceTrackStats stats() {
    return on(loop_, [&] { return source_->stats().audio; });
  }
  /// Ticks of the stream between two packets.
  uint32_t ticks(size_t from, size_t to) {
    const auto all = heard_.packets.get();
    return all[to]->timestamp.value - all[from]->timestamp.value;
  }

  MediaLoop loop_{{}, Logger::none()};
  PortPool ports_{28000, 28999};
  std::unique_ptr<Stream> stream_;
  std::unique_ptr<SipSource> source_;
  Stream::Subscription subscription_;
  Heard heard_;
  Socket phone_, rtcp_;
  SocketAddress ours_;
};

TEST_F(SipSourceTest, GoesOnInOneLineWhenThePhoneChangesItsSsrc) {
  connect(media(phone_.address()));
  talk(phone_, 5, 100, 1000);
  ASSERT_TRUE(heard_.wait(5));
  talk(phone_, 5, 40000, 4'000'000'000, 8);
  ASSERT_TRUE(heard_.wait(10));
  EXPECT_LT(ticks(0, 9), 8000u * 30);  // forwards, by about the time that passed
  EXPECT_EQ(ticks(5, 9), 640u);
}

TEST_F(SipSourceTest, TakesAJumpOfSequenceNumbersAndTimestamps) {
  connect(media(phone_.address()));
  talk(phone_, 5, 100, 1000);
  ASSERT_TRUE(heard_.wait(5));
  talk(phone_, 5, 30000, 900'000'000);
  ASSERT_TRUE(heard_.wait(10));
  EXPECT_LT(ticks(0, 9), 8000u * 30);
}

TEST_F(SipSourceTest, ReadsOverComfortNoiseAndKeepsItsPauses) {
  connect(media(phone_.address()));
  talk(phone_, 3, 1, 160);
  phone_.send(rtp(4, 640, 7, 13), ours_);  // RFC 3389; then nothing until the next talkspurt
  talk(phone_, 3, 5, 160 + 8000);
  ASSERT_TRUE(heard_.wait(6));
  EXPECT_EQ(ticks(0, 3), 8000u);
  EXPECT_EQ(stats().comfort_noise_total, 1u);
  EXPECT_EQ(stats().reorder.lost_total, 0u) << "its number is one of the row";
}

TEST_F(SipSourceTest, FollowsAPhoneThatSendsAnotherAgreedCodec) {
  sdp::SipMedia both = media(phone_.address());
  both.receive.push_back({.codec = Codec::Opus, .payload_type = 111, .parameter_sets = {}});
  connect(both);
  talk(phone_, 3, 1, 160);
  ASSERT_TRUE(heard_.wait(3));
  for (uint16_t i = 0; i < 3; ++i) phone_.send(rtp(4 + i, 77'000 + 960u * i, 7, 111), ours_);
  ASSERT_TRUE(heard_.wait(6));
  EXPECT_EQ(on(loop_, [&] { return stream_->tracks()->audio->codec; }), Codec::Opus);
  EXPECT_EQ(ticks(3, 5), 1920u);
  EXPECT_LT(ticks(2, 3), 48000u * 5) << "one line, in ticks of the new clock";
  talk(phone_, 3, 7, 1120);  // and back at once: a change costs everybody, so not so soon
  phone_.send(rtp(10, 77'000 + 960 * 6, 7, 111), ours_);
  ASSERT_TRUE(heard_.wait(7));
  EXPECT_EQ(stats().dropped_payload_type_total, 3u);
}

TEST_F(SipSourceTest, TakesANewDescriptionWithAnotherCodec) {
  connect(media(phone_.address()));
  talk(phone_, 3, 1, 160);
  ASSERT_TRUE(heard_.wait(3));
  sdp::SipMedia other = media(phone_.address());
  other.receive = {{.codec = Codec::Pcma, .payload_type = 8, .parameter_sets = {}}};
  other.send = other.receive.front();
  connect(other);
  EXPECT_EQ(on(loop_, [&] { return stream_->tracks()->audio->codec; }), Codec::Pcma);
  phone_.send(rtp(4, 640, 7, 0), ours_);  // was on its way
  for (uint16_t i = 0; i < 3; ++i) phone_.send(rtp(5 + i, 800 + 160u * i, 7, 8), ours_);
  ASSERT_TRUE(heard_.wait(6));
  EXPECT_EQ(ticks(2, 3), 320u) << "the same clock goes on";
  for (;;) {  // our silence, too
    const Bytes datagram = phone_.receive();
    ASSERT_FALSE(datagram.empty());
    if (!is_rtcp(datagram) && parse_rtp(datagram)->payload_type == 8) break;
  }
}

TEST_F(SipSourceTest, KeepsThePauseOfAPhoneWhoseClockStoodStill) {
  connect(media(phone_.address()));
  talk(phone_, 3, 1, 160);
  ASSERT_TRUE(heard_.wait(3));
  const Instant before = heard_.packets.get().back()->arrival;
  connect(media(phone_.address()));  // the end of a hold
  on(loop_, [&] { return 0; });
  while (std::chrono::steady_clock::now() - before < 600ms) phone_.receive();  // our silence
  talk(phone_, 3, 4, 640);
  ASSERT_TRUE(heard_.wait(6));
  EXPECT_GT(ticks(2, 3), 8000u / 2);
}

TEST_F(SipSourceTest, TakesRtcpOnThePortOfRtpAndReadsOverWhatItDoesNotKnow) {
  sdp::SipMedia muxed = media(phone_.address());
  muxed.rtcp_mux = true;
  muxed.remote_rtcp = phone_.address();
  connect(muxed);
  talk(phone_, 3, 1, 160);
  ASSERT_TRUE(heard_.wait(3));
  Bytes report = rtcp::compound(
      rtcp::SenderReport{
          .ssrc = Ssrc{7}, .ntp = {}, .timestamp = {}, .packets = 3, .octets = 480, .blocks = {}},
      "phone", {});
  const Bytes xr = {0x80, 207, 0, 4, 0, 0, 0, 7, 4, 0, 0, 2, 1, 2, 3, 4, 5, 6, 7, 8};  // RFC 3611
  report.insert(report.end(), xr.begin(), xr.end());
  phone_.send(report, ours_);
  talk(phone_, 1, 4, 640);
  ASSERT_TRUE(heard_.wait(4));
  EXPECT_EQ(stats().dropped_invalid_total, 0u);
  EXPECT_EQ(stats().dropped_stranger_total, 0u);
  for (;;) {  // our reports come there, too
    const Bytes datagram = phone_.receive();
    ASSERT_FALSE(datagram.empty());
    if (is_rtcp(datagram)) break;
  }
}

TEST_F(SipSourceTest, SendsItsReportsToTheOtherPortWithoutMux) {
  connect(media(phone_.address()));  // and the phone never sends RTCP
  talk(phone_, 3, 1, 160);
  EXPECT_TRUE(is_rtcp(rtcp_.receive()));
  EXPECT_TRUE(heard_.wait(3));
}

TEST_F(SipSourceTest, APortThatSendsNoSoundIsKeptOpenByStun) {
  sdp::SipMedia held = media(phone_.address());
  held.direction = sdp::Direction::RecvOnly;
  connect(held);
  const Bytes first = phone_.receive();
  ASSERT_EQ(first.size(), 20u);
  EXPECT_EQ(first[1], 0x11);  // a binding indication, and no silence
}

TEST_F(SipSourceTest, DigitsOfThePhoneLeaveNoHoleInTheSound) {
  sdp::SipMedia with_events = media(phone_.address());
  with_events.telephone_event = 101;
  connect(with_events);
  talk(phone_, 3, 1, 160);
  for (uint16_t i = 4; i < 9; ++i) phone_.send(rtp(i, 640, 7, 101), ours_);
  talk(phone_, 3, 9, 160 + 160 * 8);
  ASSERT_TRUE(heard_.wait(6));
  EXPECT_EQ(stats().reorder.lost_total, 0u);
  EXPECT_EQ(ticks(2, 3), 160u * 6);
}

TEST_F(SipSourceTest, TakesReducedSizeAndEarlyReports) {
  connect(media(phone_.address()));
  const rtcp::SenderReport report{.ssrc = Ssrc{7},
                                  .ntp = 1ull << 32,
                                  .timestamp = RtpTimestamp{160},
                                  .packets = 0,
                                  .octets = 0,
                                  .blocks = {}};
  rtcp_.send(rtcp::compound(report, "phone", {}), ours_rtcp());  // before any RTP
  Bytes reduced;  // RFC 5506: feedback without a report in front
  rtcp::write(rtcp::Pli{Ssrc{7}, Ssrc{9}}, reduced);
  rtcp_.send(reduced, ours_rtcp());
  talk(phone_, 3, 1, 160);
  ASSERT_TRUE(heard_.wait(3));
  rtcp_.send(rtcp::compound(report, "phone", {}), ours_rtcp());  // late: its packets are through
  talk(phone_, 1, 4, 640);
  ASSERT_TRUE(heard_.wait(4));
  EXPECT_EQ(stats().dropped_invalid_total, 0u);
  EXPECT_EQ(stats().dropped_stranger_total, 0u);
}

TEST_F(SipSourceTest, FollowsAPhoneBehindNatAndAnswersThere) {
  const Socket far;
  connect(media(*SocketAddress::parse("192.0.2.99", 4000)));  // what its SDP says
  talk(far, 10, 1, 160);
  ASSERT_TRUE(heard_.wait(5));
  EXPECT_FALSE(far.receive().empty());
}

TEST_F(SipSourceTest, TakesSrtpAloneAndFollowsOnlyWhatIsAuthentic) {
  const sdp::SdesKeys keys{.send = sdp::random_key(sdp::SrtpSuite::Sha1_32),
                           .receive = sdp::random_key(sdp::SrtpSuite::Sha1_32)};
  TrackSrtp phone;
  ASSERT_TRUE(phone.use_for_rtp(to_srtp_keys({.send = keys.receive, .receive = keys.send})));
  sdp::SipMedia secured = media(*SocketAddress::parse("192.0.2.99", 4000));
  secured.srtp = keys;
  connect(secured);
  const Socket stranger, far;
  talk(stranger, 20, 1, 160);  // plain RTP of somebody
  for (uint16_t i = 0; i < 10; ++i) far.send(phone.seal_rtp(rtp(i, 160u * i)), ours_);
  ASSERT_TRUE(heard_.wait(5));
  EXPECT_EQ(heard_.packets.get().front()->payload.size(), 160u);
  EXPECT_EQ(stats().dropped_unauthentic_total, 20u);
  const auto silence = phone.open_rtp(far.receive());
  ASSERT_TRUE(silence);
  EXPECT_EQ(silence->back(), 0xff);

  secured.remote_rtp = far.address();  // a re-INVITE with the same keys: the counters go on
  connect(secured);
  for (uint16_t i = 10; i < 20; ++i) far.send(phone.seal_rtp(rtp(i, 160u * i)), ours_);
  EXPECT_TRUE(heard_.wait(15));
  EXPECT_EQ(stats().dropped_unauthentic_total, 20u);
}

}  // namespace
}  // namespace sipcast
