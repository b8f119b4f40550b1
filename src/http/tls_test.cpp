#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "http/client_for_tests.hpp"
#include "http/server.hpp"
#include "net/tls_openssl.hpp"

namespace sipcast::http {
namespace {

namespace fs = std::filesystem;

struct FreeSsl {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(X509* cert) const { X509_free(cert); }
};

/// A TLS client on top of a TestClient's socket.
class TlsClient {
 public:
  explicit TlsClient(const SocketAddress& server, int max_version = TLS1_3_VERSION)
      : tcp_(server), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_max_proto_version(context_.get(), max_version);
    SSL_CTX_set_security_level(context_.get(), 0);
    ssl_.reset(SSL_new(context_.get()));
    static constexpr unsigned char kAlpn[] = "\x02h2\x08http/1.1";
    SSL_set_alpn_protos(ssl_.get(), kAlpn, sizeof(kAlpn) - 1);
    SSL_set_fd(ssl_.get(), tcp_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
  }
  bool connected() const { return connected_; }
  std::string alpn() const {
    const unsigned char* data = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &data, &size);
    return std::string(as_text({data, size}));
  }
  std::string peer_name() const {
    const std::unique_ptr<X509, FreeSsl> cert(SSL_get1_peer_certificate(ssl_.get()));
    char name[256] = {};
    X509_NAME_get_text_by_NID(X509_get_subject_name(cert.get()), NID_commonName, name,
                              sizeof(name));
    return name;
  }
  bool send(std::string_view bytes) {
    return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
  }
  /// What arrives until `end` does, or the connection ends.
  std::string read_until(std::string_view end) {
    std::string text;
    char byte;
    while (!text.ends_with(end) && SSL_read(ssl_.get(), &byte, 1) == 1) text.push_back(byte);
    return text;
  }

 private:
  TestClient tcp_;
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  bool connected_ = false;
};

class Greeter final : public WsObserver {
 public:
  explicit Greeter(const std::shared_ptr<WsConnection>& connection) { connection->send("welcome"); }
  void on_text(std::string_view) override {}
  void on_close() override {}
};

class Tls : public testing::Test {
 protected:
  Tls() {
    std::string pattern = (fs::temp_directory_path() / "sipcast-tls-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    web_.router.add("GET", "/", [](const Request& request, const Respond& respond) {
      respond(Response::text(200, request.tls ? "over TLS." : "plain."));
    });
  }
  ~Tls() override { fs::remove_all(folder_); }
  std::string cert_file() const { return (folder_ / "cert.pem").string(); }
  std::string key_file() const { return (folder_ / "key.pem").string(); }

  /// Writes a new pair for `name`, made by the self-signing of TlsCredentials itself.
  void write_pair(const std::string& name) {
    const auto made = TlsCredentials::load("", "", name);
    ASSERT_TRUE(made) << made.error().cause;
    const SslContextPtr context = (*made)->state().current();
    FILE* cert = fopen(cert_file().c_str(), "w");
    PEM_write_X509(cert, SSL_CTX_get0_certificate(context.get()));
    fclose(cert);
    FILE* key = fopen(key_file().c_str(), "w");
    PEM_write_PrivateKey(key, SSL_CTX_get0_privatekey(context.get()), nullptr, nullptr, 0, nullptr,
                         nullptr);
    fclose(key);
  }

  fs::path folder_;
  TestServer web_;
};

TEST_F(Tls, ServesWithASelfSignedPairOverHttp11) {
  web_.start(*TlsCredentials::load("", "", "media.example"));
  TlsClient client(web_.address);
  ASSERT_TRUE(client.connected());
  EXPECT_EQ(client.alpn(), "http/1.1");
  EXPECT_EQ(client.peer_name(), "media.example");
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(client.read_until("over TLS.").starts_with("HTTP/1.1 200 OK"));
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_until("never").ends_with("over TLS."));
}

TEST_F(Tls, WebSocketsWorkOverIt) {
  web_.router.set_websocket([](const std::shared_ptr<WsConnection>& connection) {
    return std::make_unique<Greeter>(connection);
  });
  web_.start(*TlsCredentials::load("", "", "127.0.0.1"));
  TlsClient client(web_.address);
  client.send(
      "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  EXPECT_TRUE(client.read_until("welcome").starts_with("HTTP/1.1 101"));
  web_.server.reset();
}

TEST_F(Tls, OldVersionsAndPlainRequestsAreTurnedAway) {
  web_.start(*TlsCredentials::load("", "", "a"));
  EXPECT_FALSE(TlsClient(web_.address, TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsClient(web_.address, TLS1_2_VERSION).connected());
  TestClient plain(web_.address);
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(plain.read_reply().status, 0);
}

TEST_F(Tls, ReloadGivesNewConnectionsTheNewCertificate) {
  write_pair("before.example");
  const auto credentials = TlsCredentials::load(cert_file(), key_file(), "");
  ASSERT_TRUE(credentials) << credentials.error().cause;
  web_.start(*credentials);
  TlsClient old(web_.address);
  EXPECT_EQ(old.peer_name(), "before.example");
  write_pair("after.example");
  ASSERT_TRUE((*credentials)->reload());
  EXPECT_EQ(TlsClient(web_.address).peer_name(), "after.example");
  old.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(old.read_until("over TLS.").starts_with("HTTP/1.1 200 OK"));

  std::ofstream(cert_file()) << "garbage";
  const auto failed = (*credentials)->reload();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::InvalidArgument);
  EXPECT_NE(failed.error().cause.find(cert_file()), std::string::npos);
  EXPECT_EQ(TlsClient(web_.address).peer_name(), "after.example");
}

TEST_F(Tls, FilesThatDoNotServeAreNamed) {
  const auto absent = TlsCredentials::load("/nowhere/cert.pem", "/nowhere/key.pem", "");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error().code, Errc::Io);
  EXPECT_EQ(absent.error().cause, "cannot read /nowhere/cert.pem: No such file or directory");
  EXPECT_EQ(TlsCredentials::load("/nowhere/cert.pem", "", "").error().code, Errc::InvalidArgument);
  write_pair("one");
  fs::rename(key_file(), folder_ / "other.pem");
  write_pair("two");
  const auto mixed = TlsCredentials::load(cert_file(), (folder_ / "other.pem").string(), "");
  ASSERT_FALSE(mixed);
  EXPECT_EQ(mixed.error().code, Errc::InvalidArgument);
}

}  // namespace
}  // namespace sipcast::http
