#include "secure/dtls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>

#include "secure/certificate.hpp"
#include "secure/dtls_state.hpp"

namespace sipcast {
namespace {

constexpr Duration kFirstInterval = std::chrono::milliseconds(250);
constexpr Duration kLongestInterval = std::chrono::seconds(4);
constexpr size_t kRecordHeader = 13;
constexpr size_t kOutputBound = 64;  // datagrams of one turn: far more than a flight has
constexpr uint8_t kAlert = 21;
constexpr uint8_t kHandshake = 22;
constexpr uint8_t kClientHello = 1;

unsigned never(SSL* /*ssl*/, unsigned /*interval_us*/) { return 0xffffffff; }  // 71 minutes

}  // namespace

/// The SSL and its BIO: one datagram in at a time, each write one datagram out.
struct DtlsSession::Wire {
  struct FreeSsl {
    void operator()(SSL* value) const noexcept { SSL_free(value); }
  };
  std::unique_ptr<SSL, FreeSsl> ssl;
  BytesView input;  // the datagram that the next read takes whole
  std::vector<Bytes>* output = nullptr;
  timeval* next_timeout = nullptr;  // OpenSSL's deadline, on the wall clock

  static int read(BIO* bio, char* out, int size) {
    Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    if (wire.input.empty() || size <= 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const size_t count = std::min(wire.input.size(), static_cast<size_t>(size));
    std::memcpy(out, wire.input.data(), count);
    wire.input = {};
    return static_cast<int>(count);
  }
  static int write(BIO* bio, const char* in, int size) {
    const Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const BytesView bytes = as_bytes({in, static_cast<size_t>(std::max(size, 0))});
    if (wire.output->size() < kOutputBound) wire.output->emplace_back(bytes.begin(), bytes.end());
    return size;
  }
  /// 0 for what is not known: a yes to BIO_CTRL_GET_KTLS_SEND would crash OpenSSL.
  static long control(BIO* bio, int command, long /*number*/, void* pointer) {
    Wire& wire = *static_cast<Wire*>(BIO_get_data(bio));
    switch (command) {
      case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT:
        wire.next_timeout = static_cast<timeval*>(pointer);
        return 0;
      case BIO_CTRL_FLUSH:
        return 1;
      case BIO_CTRL_PENDING:
        return static_cast<long>(wire.input.size());
      case BIO_CTRL_DGRAM_QUERY_MTU:
      case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
        return static_cast<long>(kMtu);
      default:
        return 0;
    }
  }
  static const BIO_METHOD* method() {
    static const BIO_METHOD* const made = [] {
      BIO_METHOD* fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "sipcast");
      if (fresh != nullptr) {
        BIO_meth_set_read(fresh, read);
        BIO_meth_set_write(fresh, write);
        BIO_meth_set_ctrl(fresh, control);
        BIO_meth_set_create(fresh, [](BIO* bio) {
          BIO_set_init(bio, 1);
          return 1;
        });
      }
      return fresh;
    }();
    return made;
  }
};

DtlsSession::DtlsSession(DtlsRole role) : wire_(std::make_unique<Wire>()), role_(role) {
  wire_->output = &output_;
}

DtlsSession::~DtlsSession() = default;

Result<std::unique_ptr<DtlsSession>> DtlsSession::create(const DtlsContext& context,
                                                         DtlsRole role) {
  ERR_clear_error();
  std::unique_ptr<DtlsSession> session(new DtlsSession(role));
  Wire& wire = *session->wire_;
  wire.ssl.reset(SSL_new(context.state().context.get()));
  BIO* bio = Wire::method() ? BIO_new(Wire::method()) : nullptr;
  if (!wire.ssl || bio == nullptr) {
    BIO_free(bio);
    return fail(Errc::Internal, "OpenSSL refuses a DTLS connection");
  }
  BIO_set_data(bio, &wire);
  SSL_set_bio(wire.ssl.get(), bio, bio);  // owns it now
  if (role == DtlsRole::Server) {
    SSL_set_accept_state(wire.ssl.get());
  } else {
    SSL_set_connect_state(wire.ssl.get());
  }
  DTLS_set_link_mtu(wire.ssl.get(), kMtu);
  DTLS_set_timer_cb(wire.ssl.get(), never);
  return session;
}

void DtlsSession::start(Instant now) {
  if (role_ == DtlsRole::Client && state_ == State::Handshaking) step({}, now);
}

void DtlsSession::on_datagram(BytesView datagram, Instant now) {
  if (state_ == State::Closed || state_ == State::Failed || datagram.empty()) return;
  step(datagram, now);
}

void DtlsSession::step(BytesView datagram, Instant now) {
  ERR_clear_error();
  const size_t before = output_.size();
  wire_->input = datagram;
  advance();
  wire_->input = {};
  const std::span fresh = std::span(output_).subspan(before);
  for (Bytes& out : fresh) renumber(out);
  if (state_ != State::Handshaking) {
    flight_ = {};
    deadline_.reset();
  } else if (!fresh.empty()) {
    flight_.assign(fresh.begin(), fresh.end());
    interval_ = kFirstInterval;
    deadline_ = now + interval_;
  }
}

void DtlsSession::on_timer(Instant now) {
  if (!deadline_ || now < *deadline_) return;
  if (role_ == DtlsRole::Client && wire_->next_timeout) {
    const size_t before = output_.size();
    *wire_->next_timeout = {.tv_sec = 1, .tv_usec = 0};  // long ago
    ERR_clear_error();
    if (DTLSv1_handle_timeout(wire_->ssl.get()) < 0) {
      fail_with_error();
      return deadline_.reset();
    }
    for (Bytes& datagram : std::span(output_).subspan(before)) renumber(datagram);
  } else {
    for (Bytes& datagram : flight_) {
      renumber(datagram);
      if (output_.size() < kOutputBound) output_.push_back(datagram);
    }
  }
  interval_ = std::min(2 * interval_, kLongestInterval);
  deadline_ = now + interval_;
}

std::vector<Bytes> DtlsSession::take_output() { return std::exchange(output_, {}); }

void DtlsSession::close() {
  if (state_ != State::Connected) return;
  ERR_clear_error();
  SSL_shutdown(wire_->ssl.get());
  ERR_clear_error();
}

void DtlsSession::advance() {
  if (state_ == State::Handshaking) {
    const int result = SSL_do_handshake(wire_->ssl.get());
    if (result != 1) {
      if (SSL_get_error(wire_->ssl.get(), result) != SSL_ERROR_WANT_READ) fail_with_error();
      return;
    }
    state_ = State::Connected;
  }
  read_all();
}

/// Alerts and repeated handshake messages are dealt with inside; data is nothing we ask for.
void DtlsSession::read_all() {
  uint8_t ignored[2048];
  for (int i = 0; i < 64; ++i) {
    const int result = SSL_read(wire_->ssl.get(), ignored, sizeof ignored);
    if (result > 0) continue;
    if (SSL_get_error(wire_->ssl.get(), result) != SSL_ERROR_WANT_READ) fail_with_error();
    return;
  }
}

void DtlsSession::fail_with_error() {
  const bool said_goodbye = state_ == State::Connected &&
                            (SSL_get_shutdown(wire_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
  state_ = said_goodbye ? State::Closed : State::Failed;
  ERR_clear_error();
}

/// Records in the clear get their sequence number here, so that a flight sent again has new ones.
void DtlsSession::renumber(Bytes& datagram) {
  for (size_t at = 0; at + kRecordHeader <= datagram.size();) {
    ByteReader in(BytesView(datagram).subspan(at + 3));
    const uint16_t epoch = in.u16();
    in.skip(6);
    const size_t length = in.u16();
    if (epoch == 0) {
      const uint64_t sequence = next_sequence_++;
      for (size_t i = 0; i < 6; ++i) {
        datagram[at + 5 + i] = static_cast<uint8_t>(sequence >> (40 - 8 * i));
      }
    }
    at += kRecordHeader + length;
  }
}

Result<DtlsSrtpKeys> DtlsSession::srtp_keys() const {
  const SRTP_PROTECTION_PROFILE* agreed = SSL_get_selected_srtp_profile(wire_->ssl.get());
  if (agreed == nullptr) return fail(Errc::Unsupported, "no SRTP profile in common");
  const bool gcm = agreed->id == SRTP_AEAD_AES_128_GCM;
  const size_t salt_size = gcm ? 12 : 14;
  static constexpr std::string_view kLabel = "EXTRACTOR-dtls_srtp";
  uint8_t material[2 * (16 + 14)];
  const size_t size = 2 * (16 + salt_size);
  if (SSL_export_keying_material(wire_->ssl.get(), material, size, kLabel.data(), kLabel.size(),
                                 nullptr, 0, 0) != 1) {
    ERR_clear_error();
    return fail(Errc::Internal, "OpenSSL exports no keys");
  }
  DtlsSrtpKeys keys;
  keys.local.profile = keys.remote.profile =
      gcm ? SrtpProfile::AeadAes128Gcm : SrtpProfile::AesCm128HmacSha1_80;
  SrtpMasterKey& client = role_ == DtlsRole::Client ? keys.local : keys.remote;
  SrtpMasterKey& server = role_ == DtlsRole::Client ? keys.remote : keys.local;
  const uint8_t* from = material;  // client key, server key, client salt, server salt
  const auto take = [&](uint8_t* to, size_t count) {
    std::memcpy(to, from, count);
    from += count;
  };
  take(client.key.data(), 16);
  take(server.key.data(), 16);
  take(client.salt.data(), salt_size);
  take(server.salt.data(), salt_size);
  OPENSSL_cleanse(material, sizeof material);
  return keys;
}

bool DtlsSession::peer_matches(std::string_view fingerprint) const {
  const std::unique_ptr<X509, FreeX509> peer(SSL_get1_peer_certificate(wire_->ssl.get()));
  return peer && fingerprint_matches(*peer, fingerprint);
}

AlertRecord alert_record(BytesView datagram) {
  ByteReader in(datagram);
  const uint8_t type = in.u8();
  in.skip(2);
  const uint16_t epoch = in.u16();
  in.skip(6);
  const size_t length = in.u16();
  if (in.failed() || type != kAlert || length < 2 || length > in.remaining()) {
    return AlertRecord::None;
  }
  return epoch == 0 ? AlertRecord::Plain : AlertRecord::Encrypted;
}

bool starts_client_hello(BytesView datagram) {
  return datagram.size() > kRecordHeader && datagram[0] == kHandshake && datagram[3] == 0 &&
         datagram[4] == 0 && datagram[kRecordHeader] == kClientHello;
}

}  // namespace sipcast
