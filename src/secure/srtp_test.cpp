#include "secure/srtp.hpp"

#include <gtest/gtest.h>
#include <srtp2/srtp.h>

#include <numeric>

#include "base/text.hpp"

namespace sipcast {
namespace {

SrtpMasterKey master(SrtpProfile profile) {
  SrtpMasterKey result{.profile = profile};
  for (size_t i = 0; i < 16; ++i) result.key[i] = static_cast<uint8_t>(7 * i + 1);
  const size_t salt = profile == SrtpProfile::AeadAes128Gcm ? 12 : 14;
  for (size_t i = 0; i < salt; ++i) result.salt[i] = static_cast<uint8_t>(0xf0 - 3 * i);
  return result;
}

Bytes rtp_header(uint16_t sequence, uint32_t ssrc, bool extension = false) {
  Bytes header;
  ByteWriter out(header);
  out.u8(extension ? 0x91 : 0x80);
  out.u8(96);
  out.u16(sequence);
  out.u32(90000u + sequence);
  out.u32(ssrc);
  if (extension) {
    out.u32(0x11223344);  // one CSRC
    out.u16(0xbede);
    out.u16(1);
    out.u32(0x10aabb00);
  }
  return header;
}

Bytes payload_of(size_t size) {
  Bytes payload(size);
  std::iota(payload.begin(), payload.end(), uint8_t{3});
  return payload;
}

Bytes joined(BytesView a, BytesView b) {
  Bytes result(a.begin(), a.end());
  result.insert(result.end(), b.begin(), b.end());
  return result;
}

Bytes rtcp(uint32_t ssrc, size_t size) {
  Bytes packet(size, 0x5a);
  packet[0] = 0x81;
  packet[1] = 201;
  packet[2] = 0;
  packet[3] = static_cast<uint8_t>(size / 4 - 1);
  for (size_t i = 0; i < 4; ++i) packet[4 + i] = static_cast<uint8_t>(ssrc >> (24 - 8 * i));
  return packet;
}

/// libsrtp2 as the other side.
class Oracle {
 public:
  Oracle(const SrtpMasterKey& key, srtp_ssrc_type_t direction) {
    static const srtp_err_status_t started = srtp_init();
    EXPECT_EQ(started, srtp_err_status_ok);
    srtp_policy_t policy{};
    const srtp_profile_t profile =
        key.profile == SrtpProfile::AeadAes128Gcm         ? srtp_profile_aead_aes_128_gcm
        : key.profile == SrtpProfile::AesCm128HmacSha1_80 ? srtp_profile_aes128_cm_sha1_80
                                                          : srtp_profile_aes128_cm_sha1_32;
    srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
    srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
    policy.ssrc.type = direction;
    Bytes material(key.key.begin(), key.key.end());
    material.insert(material.end(), key.salt.begin(), key.salt.end());
    policy.key = material.data();
    policy.window_size = 128;
    policy.allow_repeat_tx = 1;
    EXPECT_EQ(srtp_create(&session_, &policy), srtp_err_status_ok);
  }
  ~Oracle() { srtp_dealloc(session_); }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;

  using Call = srtp_err_status_t (*)(srtp_t, void*, int*);
  Bytes run(Call call, BytesView packet) {
    Bytes buffer(packet.begin(), packet.end());
    buffer.resize(packet.size() + SRTP_MAX_TRAILER_LEN + 4);
    int size = static_cast<int>(packet.size());
    if (call(session_, buffer.data(), &size) != srtp_err_status_ok) return {};
    buffer.resize(static_cast<size_t>(size));
    return buffer;
  }

 private:
  srtp_t session_ = nullptr;
};

class Srtp : public testing::TestWithParam<SrtpProfile> {
 protected:
  SrtpMasterKey key_ = master(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Profiles, Srtp,
                         testing::Values(SrtpProfile::AeadAes128Gcm,
                                         SrtpProfile::AesCm128HmacSha1_80,
                                         SrtpProfile::AesCm128HmacSha1_32));

TEST(SrtpKeys, AreDerivedAsInRfc3711AppendixB3) {
  const SrtpMasterKey key{
      .profile = SrtpProfile::AesCm128HmacSha1_80,
      .key = {0xe1, 0xf9, 0x7a, 0x0d, 0x3e, 0x01, 0x8b, 0xe0, 0xd6, 0x4f, 0xa3, 0x2c, 0x06, 0xde,
              0x41, 0x39},
      .salt = {0x0e, 0xc6, 0x75, 0xad, 0x49, 0x8a, 0xfe, 0xeb, 0xb6, 0x96, 0x0b, 0x3a, 0xab, 0xe6}};
  const auto derived = [&](uint8_t label, size_t size) {
    Bytes out(size);
    EXPECT_TRUE(SrtpCipher::derive(key, label, out));
    return to_hex(as_text(out));
  };
  EXPECT_EQ(derived(0, 16), "c61e7a93744f39ee10734afe3ff7a087");
  EXPECT_EQ(derived(2, 14), "30cbbc08863d8c85d49db34a9ae1");
  EXPECT_EQ(derived(1, 20), "cebe321f6ff7716b6fd4ab49af256a156d38baa4");
}

TEST_P(Srtp, SealsRtpThatLibsrtpOpensAcrossAWrap) {
  auto sender = SrtpSender::create(key_);
  ASSERT_TRUE(sender);
  Oracle oracle(key_, ssrc_any_inbound);
  for (uint32_t i = 0; i < 70000; i += i < 65000 ? 500 : 1) {
    const Bytes header = rtp_header(static_cast<uint16_t>(i + 100), 0xcafe, i % 3 == 0);
    const Bytes payload = payload_of(i % 1200);
    Bytes wire(1500);
    const size_t size = sender->seal(header, payload, wire);
    ASSERT_EQ(size, header.size() + payload.size() + sender->overhead());
    wire.resize(size);
    ASSERT_EQ(oracle.run(srtp_unprotect, wire), joined(header, payload)) << i;
  }
}

TEST_P(Srtp, SealsTheSameBytesForAResendAndForLibsrtp) {
  auto sender = SrtpSender::create(key_);
  Oracle oracle(key_, ssrc_any_outbound);
  std::vector<Bytes> first;
  const auto seal = [&](uint16_t sequence) {
    Bytes wire(300);
    wire.resize(sender->seal(rtp_header(sequence, 7), payload_of(200), wire));
    return wire;
  };
  for (uint32_t i = 65500; i < 65600; ++i) {
    if (i == 65500) {
      for (uint16_t warm = 0; warm < 65500; warm = static_cast<uint16_t>(warm + 500)) {
        seal(warm);
        oracle.run(srtp_protect, joined(rtp_header(warm, 7), payload_of(200)));
      }
    }
    first.push_back(seal(static_cast<uint16_t>(i)));
    EXPECT_EQ(first.back(), oracle.run(srtp_protect, joined(rtp_header(static_cast<uint16_t>(i), 7),
                                                            payload_of(200))));
  }
  for (uint32_t i = 65500; i < 65600; ++i) {
    EXPECT_EQ(seal(static_cast<uint16_t>(i)), first[i - 65500]);
  }
}

TEST_P(Srtp, OpensRtpOfLibsrtpInAnyOrderButOnlyOnce) {
  auto receiver = SrtpReceiver::create(key_);
  ASSERT_TRUE(receiver);
  Oracle oracle(key_, ssrc_any_outbound);
  std::vector<Bytes> plain;
  std::vector<Bytes> sealed;
  for (uint32_t i = 65400; i < 65700; ++i) {
    plain.push_back(
        joined(rtp_header(static_cast<uint16_t>(i - 60000), 9, i % 2 == 0), payload_of(i % 300)));
    sealed.push_back(oracle.run(srtp_protect, plain.back()));
  }
  for (size_t i = 0; i < sealed.size(); i += 10) {
    for (size_t back = 10; back-- > 0;) {
      Bytes out(1500);
      const auto opened = receiver->open(sealed[i + back], out);
      ASSERT_TRUE(opened) << i + back;
      out.resize(*opened);
      EXPECT_EQ(out, plain[i + back]);
      const auto again = receiver->open(sealed[i + back], out);
      ASSERT_FALSE(again);
      EXPECT_EQ(again.error().code, Errc::AlreadyExists);
    }
  }
}

TEST_P(Srtp, ExchangesRtcpWithLibsrtp) {
  auto sender = SrtcpSender::create(key_);
  auto receiver = SrtcpReceiver::create(key_);
  ASSERT_TRUE(sender && receiver);
  Oracle inbound(key_, ssrc_any_inbound);
  Oracle outbound(key_, ssrc_any_outbound);
  for (size_t size = 8; size < 200; size += 4) {
    const Bytes plain = rtcp(size % 8 == 0 ? 1 : 2, size);
    Bytes wire(300);
    wire.resize(sender->seal(plain, wire));
    EXPECT_EQ(inbound.run(srtp_unprotect_rtcp, wire), plain);

    const Bytes theirs = outbound.run(srtp_protect_rtcp, plain);
    Bytes out(300);
    const auto opened = receiver->open(theirs, out);
    ASSERT_TRUE(opened);
    out.resize(*opened);
    EXPECT_EQ(out, plain);
    EXPECT_EQ(receiver->open(theirs, out).error().code, Errc::AlreadyExists);
  }
}

TEST_P(Srtp, RefusesEveryChangedByte) {
  auto sender = SrtpSender::create(key_);
  auto receiver = SrtpReceiver::create(key_);
  auto rtcp_sender = SrtcpSender::create(key_);
  auto rtcp_receiver = SrtcpReceiver::create(key_);
  Bytes out(300);
  Bytes wire(300);
  wire.resize(sender->seal(rtp_header(5, 1, true), payload_of(20), wire));
  for (size_t i = 0; i < wire.size(); ++i) {
    Bytes bad = wire;
    bad[i] ^= 0x04;
    EXPECT_FALSE(receiver->open(bad, out)) << i;
  }
  EXPECT_TRUE(receiver->open(wire, out));
  Bytes control(300);
  control.resize(rtcp_sender->seal(rtcp(1, 24), control));
  for (size_t i = 0; i < control.size(); ++i) {
    Bytes bad = control;
    bad[i] ^= 0x04;
    EXPECT_FALSE(rtcp_receiver->open(bad, out)) << i;
  }
  EXPECT_TRUE(rtcp_receiver->open(control, out));
}

TEST_P(Srtp, RefusesWhatIsTooShortAndOutputsThatAreTooSmall) {
  auto sender = SrtpSender::create(key_);
  auto receiver = SrtpReceiver::create(key_);
  auto rtcp_receiver = SrtcpReceiver::create(key_);
  Bytes wire(300);
  EXPECT_EQ(sender->seal(rtp_header(1, 1), payload_of(10), std::span(wire).first(21)), 0u);
  EXPECT_EQ(sender->seal(payload_of(11), payload_of(10), wire), 0u);
  wire.resize(sender->seal(rtp_header(1, 1, true), payload_of(10), wire));
  Bytes out(300);
  for (size_t i = 0; i < wire.size(); ++i) {
    EXPECT_FALSE(receiver->open(BytesView(wire).first(i), out));
    EXPECT_FALSE(rtcp_receiver->open(BytesView(wire).first(i), out));
  }
  EXPECT_FALSE(receiver->open(wire, std::span(out).first(20)));
}

TEST_P(Srtp, HasABoundOnSources) {
  auto sender = SrtpSender::create(key_);
  Bytes wire(300);
  for (uint32_t ssrc = 0; ssrc < 4; ++ssrc) {
    EXPECT_GT(sender->seal(rtp_header(1, ssrc), payload_of(10), wire), 0u);
  }
  EXPECT_EQ(sender->seal(rtp_header(1, 4), payload_of(10), wire), 0u);
  EXPECT_GT(sender->seal(rtp_header(2, 3), payload_of(10), wire), 0u);

  auto receiver = SrtcpReceiver::create(key_);
  auto theirs = SrtcpSender::create(key_);
  Bytes out(300);
  for (uint32_t ssrc = 0; ssrc < 17; ++ssrc) {
    Bytes control(300);
    control.resize(theirs->seal(rtcp(ssrc, 8), control));
    const auto opened = receiver->open(control, out);
    EXPECT_EQ(opened.has_value(), ssrc < 16);
  }
}

TEST(ReplayWindow, RemembersTheLast128) {
  ReplayWindow window;
  EXPECT_TRUE(window.accepts(0));
  window.add(0);
  EXPECT_FALSE(window.accepts(0));
  window.add(1000);
  EXPECT_TRUE(window.accepts(873));
  EXPECT_FALSE(window.accepts(872));
  window.add(873);
  EXPECT_FALSE(window.accepts(873));
  window.add(1001);
  EXPECT_FALSE(window.accepts(1000));
  EXPECT_TRUE(window.accepts(999));
}

}  // namespace
}  // namespace sipcast
