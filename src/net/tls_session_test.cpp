#include "net/tls_session.hpp"

#include <gtest/gtest.h>

#include "net/tls_for_tests.hpp"

namespace sipcast {
namespace {

struct Ends {
  std::unique_ptr<TlsSession> client, server;
  Bytes at_client, at_server;
  std::string client_failed, server_failed;

  /// Carries bytes both ways until both are silent, `cut` bytes at a time.
  void run(size_t cut = 100'000) {
    for (bool moved = true; moved;) {
      moved = carry(*client, *server, at_server, server_failed, cut);
      moved = carry(*server, *client, at_client, client_failed, cut) || moved;
    }
  }
  static bool carry(TlsSession& from, TlsSession& to, Bytes& plain, std::string& failed,
                    size_t cut) {
    const Bytes wire = from.take_output();
    for (size_t at = 0; at < wire.size() && failed.empty(); at += cut) {
      const size_t size = std::min(cut, wire.size() - at);
      const auto taken = to.receive(BytesView(wire).subspan(at, size), plain);
      if (!taken) failed = taken.error().cause;
    }
    return !wire.empty();
  }
};

class TlsSessions : public testing::Test {
 protected:
  Ends connect(const TlsClient& client, const std::string& host) {
    return {.client = *TlsSession::connect(client, host),
            .server = *TlsSession::accept(*credentials_),
            .at_client = {},
            .at_server = {},
            .client_failed = {},
            .server_failed = {}};
  }
  std::shared_ptr<TlsCredentials> credentials_ = *TlsCredentials::load("", "", "pbx.example");
};

TEST_F(TlsSessions, CarryWhatWasSentBeforeAndAfterTheHandshakeWhereverTcpCuts) {
  const auto client = test::client_that_trusts(*credentials_);
  for (const size_t cut : {size_t{1}, size_t{7}, size_t{100'000}}) {
    Ends ends = connect(*client, "pbx.example");
    ASSERT_TRUE(ends.client->send(as_bytes("early")));
    EXPECT_FALSE(ends.client->established());
    ends.run(cut);
    ASSERT_TRUE(ends.client->established() && ends.server->established());
    const std::string large(40'000, 'x');  // more than one record
    ASSERT_TRUE(ends.server->send(as_bytes(large)));
    ASSERT_TRUE(ends.client->send(as_bytes(" late")));
    ends.run(cut);
    EXPECT_EQ(as_text(ends.at_server), "early late");
    EXPECT_EQ(as_text(ends.at_client), large);
    EXPECT_TRUE(ends.client->description().starts_with("TLSv1.3 "));
  }
}

TEST_F(TlsSessions, NameTheCertificateThatIsRefusedAndWhy) {
  struct Case {
    TlsClientOptions options;
    const char* host;
    const char* cause;
  };
  const test::TemporaryFolder folder;
  test::write_pair(*credentials_, folder / "ca.pem");
  const std::string ca = folder / "ca.pem";
  const Case cases[] = {
      {{}, "pbx.example", R"(certificate of pbx.example refused: self-signed certificate)"},
      {{.ca_file = ca}, "pbx.example", ""},
      {{.ca_file = ca}, "PBX.example", ""},
      {{.ca_file = ca},
       "other.example",
       R"(certificate of pbx.example refused: hostname mismatch)"},
      {{.ca_file = ca}, "192.0.2.1", R"(certificate of pbx.example refused: IP address mismatch)"},
      {{.verify = false}, "other.example", ""},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.host);
    const auto client = TlsClient::load(c.options);
    ASSERT_TRUE(client);
    Ends ends = connect(**client, c.host);
    ends.run();
    EXPECT_EQ(ends.client_failed, c.cause);
    EXPECT_EQ(ends.client->established(), *c.cause == '\0');
    if (*c.cause != '\0') {
      EXPECT_TRUE(ends.server_failed.starts_with("the peer refused the TLS connection: "))
          << ends.server_failed;
    }
  }
}

TEST_F(TlsSessions, VerifyAnAddressThatTheCertificateHolds) {
  credentials_ = *TlsCredentials::load("", "", "192.0.2.1");
  const auto client = test::client_that_trusts(*credentials_);
  Ends ends = connect(*client, "192.0.2.1");
  ends.run();
  EXPECT_TRUE(ends.client->established()) << ends.client_failed;
}

TEST_F(TlsSessions, SayThatThePeerSpeaksNoTls) {
  const auto client = TlsClient::load({});
  ASSERT_TRUE(client);
  const auto session = TlsSession::connect(**client, "pbx.example");
  Bytes plain;
  const auto received = (*session)->receive(as_bytes("SIP/2.0 400 Bad Request\r\n\r\n"), plain);
  ASSERT_FALSE(received);
  EXPECT_TRUE(received.error().cause.starts_with("the peer does not speak TLS here"))
      << received.error().cause;
}

TEST_F(TlsSessions, KeepNoMoreThanOneMebibyteBeforeTheHandshake) {
  const auto client = TlsClient::load({});
  const auto session = TlsSession::connect(**client, "pbx.example");
  EXPECT_TRUE((*session)->send(Bytes(1 << 20)));
  EXPECT_EQ((*session)->send(Bytes(1)).error().code, Errc::Exhausted);
}

TEST(TlsClient, NamesTheFileThatIsBad) {
  EXPECT_EQ(TlsClient::load({.ca_file = "/nowhere/ca.pem"}).error().code, Errc::InvalidArgument);
  EXPECT_TRUE(TlsClient::load({.ca_file = "/nowhere/ca.pem"})
                  .error()
                  .cause.starts_with("/nowhere/ca.pem holds no PEM certificates"));
  EXPECT_EQ(TlsClient::load({.cert_file = "/nowhere/cert.pem"}).error().cause,
            "/nowhere/cert.pem is a certificate without a key file");
}

}  // namespace
}  // namespace sipcast
