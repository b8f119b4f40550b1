#pragma once
// For tests only: no library code includes this.
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "secure/certificate.hpp"
#include "secure/srtp_cipher.hpp"

namespace sipcast {

/// The DTLS side of a browser: OpenSSL's own client, retransmitting when told to.
class DtlsClientForTests {
 public:
  /// `profiles` as OpenSSL writes them; empty: no use_srtp extension.
  explicit DtlsClientForTests(
      const std::string& profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") {
    auto made = Certificate::make_self_signed();
    CHECK(made);
    certificate_ = std::move(*made);
    context_.reset(SSL_CTX_new(DTLS_client_method()));
    CHECK(SSL_CTX_use_certificate(context_.get(), certificate_.x509.get()) == 1);
    CHECK(SSL_CTX_use_PrivateKey(context_.get(), certificate_.key.get()) == 1);
    SSL_CTX_set_options(context_.get(), SSL_OP_NO_QUERY_MTU);
    if (!profiles.empty()) {
      CHECK(SSL_CTX_set_tlsext_use_srtp(context_.get(), profiles.c_str()) == 0);
    }
    ssl_.reset(SSL_new(context_.get()));
    method_.reset(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "test client"));
    BIO_meth_set_read(method_.get(), read);
    BIO_meth_set_write(method_.get(), write);
    BIO_meth_set_ctrl(method_.get(), control);
    BIO_meth_set_create(method_.get(), [](BIO* bio) {
      BIO_set_init(bio, 1);
      return 1;
    });
    BIO* bio = BIO_new(method_.get());
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_connect_state(ssl_.get());
    DTLS_set_link_mtu(ssl_.get(), 600);  // small: flights of several datagrams
    DTLS_set_timer_cb(ssl_.get(), [](SSL*, unsigned) { return 0xffffffffu; });
  }
  DtlsClientForTests(const DtlsClientForTests&) = delete;
  DtlsClientForTests& operator=(const DtlsClientForTests&) = delete;

  std::string fingerprint() const { return fingerprint_of(*certificate_.x509); }
  const X509& certificate() const { return *certificate_.x509; }
  void start() { step(); }
  void on_datagram(BytesView datagram) {
    input_ = datagram;
    step();
    input_ = {};
  }
  /// Sends the last flight again, as a timer would. OpenSSL hands the address of its deadline to
  /// the BIO; moving it into the past is good enough for a test.
  void retransmit() {
    if (next_timeout_ == nullptr || connected_) return;
    *next_timeout_ = {.tv_sec = 1, .tv_usec = 0};
    DTLSv1_handle_timeout(ssl_.get());
    ERR_clear_error();
  }
  void close() { SSL_shutdown(ssl_.get()); }
  bool connected() const { return connected_; }
  bool closed() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::vector<Bytes> take_output() { return std::exchange(output_, {}); }

  bool has_srtp() const { return SSL_get_selected_srtp_profile(ssl_.get()) != nullptr; }
  struct Keys {
    SrtpMasterKey local, remote;
  };
  Keys keys() const {
    const bool gcm = SSL_get_selected_srtp_profile(ssl_.get())->id == SRTP_AEAD_AES_128_GCM;
    const size_t salt = gcm ? 12 : 14;
    uint8_t km[60];
    CHECK(SSL_export_keying_material(ssl_.get(), km, 2 * (16 + salt), "EXTRACTOR-dtls_srtp", 19,
                                     nullptr, 0, 0) == 1);
    Keys keys;
    keys.local.profile = keys.remote.profile =
        gcm ? SrtpProfile::AeadAes128Gcm : SrtpProfile::AesCm128HmacSha1_80;
    std::memcpy(keys.local.key.data(), km, 16);
    std::memcpy(keys.remote.key.data(), km + 16, 16);
    std::memcpy(keys.local.salt.data(), km + 32, salt);
    std::memcpy(keys.remote.salt.data(), km + 32 + salt, salt);
    return keys;
  }

 private:
  void step() {
    ERR_clear_error();
    if (!connected_) connected_ = SSL_do_handshake(ssl_.get()) == 1;
    uint8_t ignored[2048];
    if (connected_) SSL_read(ssl_.get(), ignored, sizeof ignored);
    ERR_clear_error();
  }
  static int read(BIO* bio, char* out, int size) {
    auto& self = *static_cast<DtlsClientForTests*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (self.input_.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t count = std::min(self.input_.size(), static_cast<size_t>(size));
    std::memcpy(out, self.input_.data(), count);
    self.input_ = {};
    return static_cast<int>(count);
  }
  static int write(BIO* bio, const char* in, int size) {
    auto& self = *static_cast<DtlsClientForTests*>(BIO_get_data(bio));
    const BytesView bytes = as_bytes({in, static_cast<size_t>(size)});
    self.output_.emplace_back(bytes.begin(), bytes.end());
    return size;
  }
  static long control(BIO* bio, int command, long, void* pointer) {
    auto& self = *static_cast<DtlsClientForTests*>(BIO_get_data(bio));
    if (command == BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT) {
      self.next_timeout_ = static_cast<timeval*>(pointer);
    }
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  struct Free {
    void operator()(SSL* value) const { SSL_free(value); }
    void operator()(SSL_CTX* value) const { SSL_CTX_free(value); }
    void operator()(BIO_METHOD* value) const { BIO_meth_free(value); }
  };
  Certificate certificate_;
  std::unique_ptr<BIO_METHOD, Free> method_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  BytesView input_;
  std::vector<Bytes> output_;
  timeval* next_timeout_ = nullptr;
  bool connected_ = false;
};

}  // namespace sipcast
