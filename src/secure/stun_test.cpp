#include "secure/stun.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

// RFC 5769 §2.1 and §2.2.
const Bytes kSampleRequest = {
    0x00, 0x01, 0x00, 0x58, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x10, 0x53, 0x54, 0x55, 0x4e, 0x20, 0x74, 0x65, 0x73,
    0x74, 0x20, 0x63, 0x6c, 0x69, 0x65, 0x6e, 0x74, 0x00, 0x24, 0x00, 0x04, 0x6e, 0x00, 0x01, 0xff,
    0x80, 0x29, 0x00, 0x08, 0x93, 0x2f, 0xf9, 0xb1, 0x51, 0x26, 0x3b, 0x36, 0x00, 0x06, 0x00, 0x09,
    0x65, 0x76, 0x74, 0x6a, 0x3a, 0x68, 0x36, 0x76, 0x59, 0x20, 0x20, 0x20, 0x00, 0x08, 0x00, 0x14,
    0x9a, 0xea, 0xa7, 0x0c, 0xbf, 0xd8, 0xcb, 0x56, 0x78, 0x1e, 0xf2, 0xb5, 0xb2, 0xd3, 0xf2, 0x49,
    0xc1, 0xb5, 0x71, 0xa2, 0x80, 0x28, 0x00, 0x04, 0xe5, 0x7a, 0x3b, 0xcf};
const Bytes kSampleResponse = {
    0x01, 0x01, 0x00, 0x3c, 0x21, 0x12, 0xa4, 0x42, 0xb7, 0xe7, 0xa7, 0x01, 0xbc, 0x34, 0xd6, 0x86,
    0xfa, 0x87, 0xdf, 0xae, 0x80, 0x22, 0x00, 0x0b, 0x74, 0x65, 0x73, 0x74, 0x20, 0x76, 0x65, 0x63,
    0x74, 0x6f, 0x72, 0x20, 0x00, 0x20, 0x00, 0x08, 0x00, 0x01, 0xa1, 0x47, 0xe1, 0x12, 0xa6, 0x43,
    0x00, 0x08, 0x00, 0x14, 0x2b, 0x91, 0xf5, 0x99, 0xfd, 0x9e, 0x90, 0xc3, 0x8c, 0x74, 0x89, 0xf9,
    0x2a, 0xf9, 0xba, 0x53, 0xf0, 0x6b, 0xe7, 0xd7, 0x80, 0x28, 0x00, 0x04, 0xc0, 0x7d, 0x4c, 0x96};
constexpr std::string_view kSamplePassword = "VOkJxbRl1RmTxUk/WvJxBt";

const StunTransactionId kTransaction = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};

TEST(ParseStun, ReadsTheSampleRequestOfRfc5769) {
  const auto parsed = parse_stun(kSampleRequest);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, kStunBindingRequest);
  EXPECT_EQ(parsed->username, "evtj:h6vY");
  EXPECT_EQ(parsed->priority, 0x6e0001ffu);
  EXPECT_TRUE(parsed->controlled);
  EXPECT_FALSE(parsed->controlling);
  EXPECT_FALSE(parsed->use_candidate);
  EXPECT_TRUE(parsed->has_fingerprint);
  EXPECT_TRUE(verify_integrity(*parsed, kSamplePassword));
  EXPECT_FALSE(verify_integrity(*parsed, "VOkJxbRl1RmTxUk/WvJxBu"));
  EXPECT_FALSE(verify_integrity(*parsed, ""));
}

TEST(ParseStun, ReadsTheSampleResponseOfRfc5769) {
  const auto parsed = parse_stun(kSampleResponse);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, kStunBindingSuccess);
  EXPECT_EQ(parsed->mapped.to_string(), "192.0.2.1:32853");
  EXPECT_TRUE(verify_integrity(*parsed, kSamplePassword));
}

TEST(ParseStun, RefusesWhatDoesNotFit) {
  for (size_t size = 0; size < kSampleRequest.size(); ++size) {
    EXPECT_FALSE(parse_stun(BytesView(kSampleRequest).first(size))) << size;
  }
  for (size_t i = 0; i < kSampleRequest.size(); ++i) {
    Bytes bad = kSampleRequest;
    bad[i] ^= 0x01;
    if (i == 100 || i == 101) continue;  // then it is no FINGERPRINT any more
    EXPECT_FALSE(parse_stun(bad)) << i;  // which sees every bit
  }
  EXPECT_FALSE(parse_stun(Bytes(2000)));
}

TEST(MakeBinding, SuccessSaysTheAddressOfBothFamilies) {
  for (const char* ip : {"198.51.100.7", "2001:db8::7"}) {
    const auto address = SocketAddress::parse(ip, 54321);
    const Bytes response = make_binding_success(kTransaction, *address, "secret");
    const auto parsed = parse_stun(response);
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->type, kStunBindingSuccess);
    EXPECT_EQ(parsed->transaction, kTransaction);
    EXPECT_EQ(parsed->mapped, *address);
    EXPECT_TRUE(parsed->has_fingerprint);
    EXPECT_TRUE(verify_integrity(*parsed, "secret"));
  }
}

TEST(MakeBinding, ErrorsCarryCodeAndUnknownAttributes) {
  const uint16_t unknown[] = {0x0031, 0x0032};
  const Bytes response = make_binding_error(kTransaction, 420, "secret", unknown);
  const auto parsed = parse_stun(response);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, kStunBindingError);
  EXPECT_EQ(parsed->error_code, 420);
  EXPECT_TRUE(verify_integrity(*parsed, "secret"));
  const Bytes plain = make_binding_error(kTransaction, 401, "");
  const auto unauthenticated = parse_stun(plain);
  ASSERT_TRUE(unauthenticated);
  EXPECT_EQ(unauthenticated->error_code, 401);
  EXPECT_FALSE(unauthenticated->integrity_at);
}

TEST(MakeBinding, RequestIsReadBack) {
  const Bytes request = make_binding_request({.transaction = kTransaction,
                                              .username = "us:them",
                                              .password = "secret",
                                              .use_candidate = true,
                                              .extra_attribute = 0x0055});
  const auto parsed = parse_stun(request);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->username, "us:them");
  EXPECT_TRUE(parsed->use_candidate);
  EXPECT_TRUE(parsed->controlling);
  ASSERT_EQ(parsed->unknown_count, 1u);
  EXPECT_EQ(parsed->unknown[0], 0x0055);
}

TEST(Stun, APlainRequestIsTwentyBytesThatParse) {
  const StunTransactionId transaction = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const Bytes request = make_plain_binding_request(transaction);
  EXPECT_EQ(request.size(), 20u);
  const auto parsed = parse_stun(request);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->type, kStunBindingRequest);
  EXPECT_EQ(parsed->transaction, transaction);
  EXPECT_EQ(parse_stun(make_binding_indication(transaction))->type, kStunBindingIndication);
}

}  // namespace
}  // namespace sipcast
