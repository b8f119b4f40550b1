#include <gtest/gtest.h>

#include "control/trace/flight_recorder.hpp"
#include "control/trace/trace_pcap.hpp"
#include "control/trace/trace_text.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

const Instant kStart = Instant(1000s);
const WallTime kWall = WallTime(1'795'000'000s);
const SocketAddress kUs = SocketAddress::parse("192.0.2.1", 5060).value();
const SocketAddress kThem = SocketAddress::parse("192.0.2.9", 5070).value();

TracedMessage message(bool sent, Duration at, const std::string& start_line,
                      const std::string& more = "CSeq: 1 INVITE\r\n",
                      const std::string& body = "") {
  const std::string text = start_line + "\r\nCall-ID: c1\r\n" + more + "\r\n" + body;
  return {.at = kStart + at,
          .sent = sent,
          .transport = SipTransport::Udp,
          .local = kUs,
          .remote = kThem,
          .size = text.size(),
          .text = text};
}

CallTrace refused_call() {
  CallTrace trace(kStart, kWall);
  trace.add_event(kStart + 1ms, "PENDING");
  const auto invite =
      message(true, 12ms, "INVITE sip:bob@lab SIP/2.0",
              "CSeq: 1 INVITE\r\nAuthorization: Digest username=\"a\", response=\"f00d\"\r\n"
              "Content-Type: application/sdp\r\n",
              "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
              "m=audio 4000 RTP/SAVP 0\r\na=sendonly\r\n"
              "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:TOPSECRET\r\n");
  trace.add_message(invite);
  trace.add_message(invite);
  trace.add_message(message(false, 15ms, "SIP/2.0 100 Trying"));
  trace.add_message(message(false, 16ms, "SIP/2.0 180 Ringing\x1b[2J"));
  trace.add_message(message(false, 20ms, "SIP/2.0 488 Not Acceptable Here",
                            "CSeq: 1 INVITE\r\nWarning: 304 x \"no codec\"\r\n"));
  return trace;
}

TEST(CallTrace, MilestonesComeFromTheMessagesOfTheInvite) {
  CallTrace trace = refused_call();
  trace.add_message(message(false, 30ms, "SIP/2.0 200 OK", "CSeq: 2 BYE\r\n"));
  const auto ms = [&](Milestone milestone) {
    const auto& at = trace.reached(milestone);
    return at ? to_ms(*at - kStart) : -1;
  };
  EXPECT_EQ(ms(Milestone::Invite), 12);
  EXPECT_EQ(ms(Milestone::Trying), 15);
  EXPECT_EQ(ms(Milestone::Ringing), 16);
  EXPECT_EQ(ms(Milestone::Answered), -1) << "a 200 to BYE answers nothing";
  trace.add_message(message(false, 40ms, "SIP/2.0 200 OK"));
  trace.add_message(message(false, 90ms, "SIP/2.0 200 OK"));
  EXPECT_EQ(ms(Milestone::Answered), 40);
}

TEST(CallTrace, TheFirstAndTheLastMessagesStayWithinTheBounds) {
  CallTrace trace(kStart, kWall);
  for (int i = 0; i < 500; ++i) {
    trace.add_message(message(true, i * 1ms, "INFO sip:" + std::to_string(i) + "@lab SIP/2.0"));
  }
  EXPECT_EQ(trace.messages().size(), CallTrace::kMaxMessages);
  EXPECT_EQ(trace.messages_dropped(), 500 - CallTrace::kMaxMessages);
  EXPECT_TRUE(trace.messages()[CallTrace::kFirstMessages - 1].text.starts_with("INFO sip:19@"));
  EXPECT_TRUE(trace.messages()[CallTrace::kFirstMessages].text.starts_with("INFO sip:420@"));
  EXPECT_TRUE(trace.messages().back().text.starts_with("INFO sip:499@"));
  size_t bytes = 0;
  for (int i = 0; i < 50; ++i) {
    trace.add_message(message(true, 1s, "INVITE", "", std::string(60'000, 'x')));
  }
  for (const auto& kept : trace.messages()) bytes += kept.text.size();
  EXPECT_LE(bytes, CallTrace::kMaxBytes);
  EXPECT_EQ(trace.messages().back().text.size(), CallTrace::kMaxMessage);
  EXPECT_GT(trace.messages().back().size, 60'000u) << "its size on the wire is still known";
  for (int i = 0; i < 500; ++i) trace.add_event(kStart, "HOLD");
  EXPECT_EQ(trace.events().size(), CallTrace::kMaxEvents);
}

TEST(TraceText, ALadderTellsTheCallAndNoSecret) {
  CallInfo info;
  info.asked.id = CallId{"call-1"};
  info.asked.callee = "bob";
  info.asked.account.login = "alice";
  info.status = CallStatus::Failed;
  info.sip_status = 488;
  info.cause = "SIP 488 Not Acceptable Here";
  const std::string text = to_text(refused_call(), info, {});
  for (const char* line :
       {"Status:  FAILED, SIP 488: SIP 488 Not Acceptable Here",
        "Start:   accepted 0 ms, invite 12 ms, trying 15 ms, ringing 16 ms\n",
        "        1  * PENDING\n",
        "       12  |---->| 192.0.2.9:5070/UDP  INVITE sip:bob@lab [audio: PCMU; sendonly]  "
        "(again)\n",
        "       15  |<----| 192.0.2.9:5070/UDP  100 Trying (INVITE)\n",
        "488 Not Acceptable Here (INVITE) 304 x \\x22no codec\\x22\n"}) {
    EXPECT_TRUE(text.contains(line)) << line << "\n in \n" << text;
  }
  for (const char* hidden : {"TOPSECRET", "f00d", "\x1b"}) EXPECT_FALSE(text.contains(hidden));
  EXPECT_TRUE(last_sdp(refused_call(), true).starts_with("v=0"));
  EXPECT_EQ(last_sdp(refused_call(), false), "");
}

TEST(TracePcap, EachMessageIsAnIpPacketWithRightChecksums) {
  CallTrace trace(kStart, kWall);
  trace.add_message(message(true, 1500us, "OPTIONS sip:b@lab SIP/2.0"));
  TracedMessage v6 = message(false, 2ms, "SIP/2.0 200 OK");
  v6.remote = SocketAddress::parse("2001:db8::9", 5060).value();
  trace.add_message(v6);
  const std::string file = to_pcap(trace);
  ByteReader in(as_bytes(file));
  EXPECT_EQ(in.u32(), 0xd4c3b2a1u);
  in.skip(16);
  EXPECT_EQ(in.u32(), 101u << 24);
  const auto le32 = [&] {
    uint32_t value = 0;
    for (int shift = 0; shift < 32; shift += 8) value |= uint32_t{in.u8()} << shift;
    return value;
  };
  const auto ones_sum = [](BytesView bytes) {
    uint32_t sum = 0;
    for (size_t i = 0; i < bytes.size(); ++i) sum += i % 2 ? bytes[i] : uint32_t{bytes[i]} << 8;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return sum;
  };
  EXPECT_EQ(le32(), 1'795'000'000u);
  EXPECT_EQ(le32(), 1500u);
  const uint32_t size = le32();
  EXPECT_EQ(le32(), size);
  const BytesView v4_packet = in.bytes(size);
  ASSERT_EQ(v4_packet.size(), size);
  EXPECT_EQ(v4_packet[0], 0x45);
  EXPECT_EQ(ones_sum(v4_packet.first(20)), 0xffffu);
  EXPECT_EQ(as_text(v4_packet.subspan(28, 7)), "OPTIONS");
  in.skip(8);
  const uint32_t v6_size = le32();
  le32();
  const BytesView v6_packet = in.bytes(v6_size);
  ASSERT_EQ(v6_packet.size(), v6_size);
  EXPECT_EQ(v6_packet[0], 0x60);
  // Pseudo header: both addresses, the length, 17; they stand side by side in the packet.
  const uint32_t whole = ones_sum(v6_packet.subspan(8)) + v6_packet[4] * 256u + v6_packet[5] + 17;
  EXPECT_EQ((whole & 0xffff) + (whole >> 16), 0xffffu);
  EXPECT_EQ(in.remaining(), 0u);
}

TEST(FlightRecorder, MessagesFindTheirCallAlsoBeforeItIsKnownAndAfterItsEnd) {
  EventLoop loop("test");
  FlightRecorder recorder({.keep_failed = 1h, .keep_ended = 1h, .max_ended = 2}, loop);
  auto early = message(true, 0s, "INVITE sip:bob@lab SIP/2.0");
  recorder.on_message(early);
  CallTrace& trace = recorder.begin(1);
  recorder.claim(1, "c1");
  EXPECT_EQ(trace.messages().size(), 1u);
  recorder.on_message(message(false, 1s, "SIP/2.0 486 Busy Here"));
  EXPECT_EQ(trace.messages().size(), 2u);
  CallInfo info;
  info.asked.id = CallId{"call-1"};
  info.status = CallStatus::Busy;
  recorder.ended(1, info);
  recorder.on_message(message(true, 1s, "ACK sip:bob@lab SIP/2.0"));
  const auto* kept = recorder.find_ended(CallId{"call-1"});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->trace.messages().size(), 3u);
  // Two more calls: the bound takes the first away.
  for (const FlightRecorder::Key key : {2u, 3u}) {
    recorder.begin(key);
    recorder.claim(key, "c1");
    recorder.ended(key, info);
  }
  EXPECT_FALSE(recorder.find(1));
  recorder.on_message(message(true, 1s, "INVITE sip:bob@lab SIP/2.0"));
  EXPECT_EQ(recorder.find_ended(CallId{"call-1"}), recorder.find(3)) << "the newest";
  EXPECT_FALSE(recorder.find_ended(CallId{"call-2"}));
}

}  // namespace
}  // namespace sipcast
