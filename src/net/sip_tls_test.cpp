#include "net/sip_peer_for_tests.hpp"
#include "net/tls_for_tests.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::kOptions;
using test::Peer;

class SipTlsTest : public test::SipSocketsTest {
 protected:
  SipTls server() const { return {.client = trusting_, .server = credentials_, .port = 0}; }
  std::shared_ptr<TlsCredentials> credentials_ = *TlsCredentials::load("", "", "localhost");
  std::shared_ptr<TlsClient> trusting_ = test::client_that_trusts(*credentials_);
};

TEST_F(SipTlsTest, CarriesMessagesBothWaysOnOneConnection) {
  Peer a(loop, {}, "127.0.0.1", {.client = trusting_});  // no listener
  Peer b(loop, {}, "127.0.0.1", server());
  EXPECT_EQ(a.tls_address().port(), 0);
  a.send_tls(kOptions + kOptions, b.tls_address(), "localhost");
  ASSERT_TRUE(b.wait_messages(2)) << a.seen.get().failures[0];
  EXPECT_EQ(b.seen.get().transport, SipTransport::Tls);
  const SocketAddress from = b.seen.get().from.front();
  b.send_tls(kOptions, from, "");  // a response or a request: on the connection that is there
  ASSERT_TRUE(a.wait_messages(1));
  EXPECT_EQ(a.seen.get().from.front(), b.tls_address());
  a.send_tls(kOptions, b.tls_address(), "");
  ASSERT_TRUE(b.wait_messages(3));
  EXPECT_EQ(b.seen.get().from.back(), from);
  EXPECT_TRUE(a.seen.get().failures.empty());
}

TEST_F(SipTlsTest, TakesNoConnectionOfAnotherName) {
  const auto lenient = *TlsClient::load({.verify = false});
  Peer a(loop, {}, "127.0.0.1", {.client = lenient});
  Peer b(loop, {}, "127.0.0.1", server());
  a.send_tls(kOptions, b.tls_address(), "one.example");
  a.send_tls(kOptions, b.tls_address(), "two.example");
  ASSERT_TRUE(b.wait_messages(2));
  EXPECT_FALSE(b.seen.get().from.front() == b.seen.get().from.back());
}

TEST_F(SipTlsTest, SaysWhyAServerIsRefused) {
  Peer a(loop, {}, "127.0.0.1", {.client = trusting_});
  Peer b(loop, {}, "127.0.0.1", server());
  a.send_tls(kOptions, b.tls_address(), "pbx.example");
  ASSERT_TRUE(a.wait_failures(1));
  EXPECT_EQ(a.seen.get().failures[0], R"(certificate of localhost refused: hostname mismatch)");
  ASSERT_TRUE(b.wait_failures(1));
  EXPECT_TRUE(b.seen.get().failures[0].starts_with("the peer refused the TLS connection: "));
  EXPECT_TRUE(b.seen.get().messages.empty());
  a.send_tls(kOptions, b.address(), "localhost");  // its port without TLS
  ASSERT_TRUE(a.wait_failures(2));
}

TEST_F(SipTlsTest, IsOffWithoutAClient) {
  Peer a(loop);
  a.send_tls(kOptions, a.address(), "localhost");
  ASSERT_TRUE(a.wait_failures(1));
  EXPECT_EQ(a.seen.get().failures[0], "SIP over TLS is off");
}

TEST_F(SipTlsTest, GivesUpAHandshakeThatDoesNotEnd) {
  Peer a(loop, {.connect = 50ms}, "127.0.0.1", {.client = trusting_});
  Peer mute(loop);  // takes the ClientHello for the begin of a message
  a.send_tls(kOptions, mute.address(), "localhost");
  ASSERT_TRUE(a.wait_failures(1));
  EXPECT_EQ(a.seen.get().failures[0], "the TLS handshake did not end in time");
}

}  // namespace
}  // namespace sipcast
