#include "net/tls_session.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>

#include "base/socket_address.hpp"
#include "base/text.hpp"
#include "net/tls_openssl.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxUnsent = 1 << 20;

struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
using SslPtr = std::unique_ptr<SSL, FreeSsl>;

/// Where a connection keeps why it refused a certificate.
int refusal_slot() {
  static const int slot = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return slot;
}

std::string common_name(const X509* certificate) {
  std::array<char, 128> text{};
  const int size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                             text.data(), static_cast<int>(text.size()));
  return size <= 0 ? "nobody" : printable(text.data(), 100);
}

/// Keeps the first complaint in plain words: OpenSSL's own error says no more than "verify failed".
int on_verify(int good, X509_STORE_CTX* store) {
  const auto* ssl = static_cast<const SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  auto* refusal = static_cast<std::string*>(SSL_get_ex_data(ssl, refusal_slot()));
  const X509* certificate = X509_STORE_CTX_get_current_cert(store);
  if (good == 1 || refusal == nullptr || !refusal->empty()) return good;
  *refusal = "certificate of " + (certificate == nullptr ? "the peer" : common_name(certificate)) +
             " refused: " + X509_verify_cert_error_string(X509_STORE_CTX_get_error(store));
  return good;
}

}  // namespace

struct TlsClient::State {
  SslContextPtr context;
  bool verify = true;
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::shared_ptr<TlsClient>> TlsClient::load(const TlsClientOptions& options) {
  auto context = make_tls_context(TLS_client_method());
  if (!context) return std::unexpected(context.error());
  ERR_clear_error();
  const bool trusted = options.ca_file.empty()
                           ? SSL_CTX_set_default_verify_paths(context->get()) == 1
                           : SSL_CTX_load_verify_file(context->get(), options.ca_file.c_str()) == 1;
  if (!trusted) {
    return fail(Errc::InvalidArgument,
                options.ca_file + " holds no PEM certificates: " + openssl_reason());
  }
  if (!options.cert_file.empty() || !options.key_file.empty()) {
    const auto used = use_certificate(context->get(), options.cert_file, options.key_file);
    if (!used) return std::unexpected(used.error());
  }
  return std::make_shared<TlsClient>(
      std::make_unique<State>(State{.context = std::move(*context), .verify = options.verify}));
}

struct TlsSession::State {
  SslContextPtr context;  // outlives `ssl`, also when credentials are read again
  SslPtr ssl;
  BIO* in = nullptr;   // owned by `ssl`
  BIO* out = nullptr;  // owned by `ssl`
  bool client = false;
  Bytes unsent;  // plain, until the handshake is done
  std::string refusal;

  static Result<std::unique_ptr<State>> make(SslContextPtr context);
  Result<void> handshake();
  Result<void> write(BytesView plain);
  std::unexpected<Error> problem(int result) const;
};

Result<std::unique_ptr<TlsSession::State>> TlsSession::State::make(SslContextPtr context) {
  auto state = std::make_unique<State>();
  state->context = std::move(context);
  state->ssl.reset(SSL_new(state->context.get()));
  state->in = BIO_new(BIO_s_mem());
  state->out = BIO_new(BIO_s_mem());
  if (!state->ssl || state->in == nullptr || state->out == nullptr) {
    BIO_free(state->in);
    BIO_free(state->out);
    return fail(Errc::Internal, "no TLS session: " + openssl_reason());
  }
  SSL_set_bio(state->ssl.get(), state->in, state->out);
  SSL_set_ex_data(state->ssl.get(), refusal_slot(), &state->refusal);
  return state;
}

/// What a failed call means for people.
std::unexpected<Error> TlsSession::State::problem(int result) const {
  if (!refusal.empty()) return fail(Errc::Unauthorized, refusal);
  if (SSL_get_error(ssl.get(), result) == SSL_ERROR_ZERO_RETURN) {
    return fail(Errc::Refused, "closed by the peer");
  }
  const unsigned long code = ERR_peek_last_error();
  const int number = ERR_GET_REASON(code);
  const std::string reason = openssl_reason();
  if (number == SSL_R_WRONG_VERSION_NUMBER || number == SSL_R_HTTP_REQUEST ||
      number == SSL_R_PACKET_LENGTH_TOO_LONG) {
    return fail(Errc::BadSyntax, "the peer does not speak TLS here (" + reason + ")");
  }
  // OpenSSL numbers the alerts of the peer from 1000 on.
  if (number >= SSL_AD_REASON_OFFSET) {
    return fail(Errc::Unauthorized, "the peer refused the TLS connection: " + reason);
  }
  return fail(Errc::BadSyntax, "TLS failed: " + reason);
}

Result<void> TlsSession::State::handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  if (result != 1) {
    if (SSL_get_error(ssl.get(), result) == SSL_ERROR_WANT_READ) return {};
    return problem(result);
  }
  const Bytes kept = std::exchange(unsent, {});
  return kept.empty() ? Result<void>() : write(kept);
}

Result<void> TlsSession::State::write(BytesView plain) {
  ERR_clear_error();
  const int result = SSL_write(ssl.get(), plain.data(), static_cast<int>(plain.size()));
  if (result > 0) return {};
  return problem(result);
}

TlsSession::TlsSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsSession::~TlsSession() = default;

Result<std::unique_ptr<TlsSession>> TlsSession::accept(TlsCredentials& credentials) {
  auto state = State::make(credentials.state().current());
  if (!state) return std::unexpected(state.error());
  SSL_set_accept_state((*state)->ssl.get());
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(*state)));
}

Result<std::unique_ptr<TlsSession>> TlsSession::connect(const TlsClient& client,
                                                        const std::string& host) {
  auto made = State::make(client.state().context);
  if (!made) return std::unexpected(made.error());
  State& state = **made;
  state.client = true;
  SSL* ssl = state.ssl.get();
  const bool literal = SocketAddress::parse(host, 0).has_value();
  bool good = literal || SSL_set_tlsext_host_name(ssl, host.c_str()) == 1;
  if (client.state().verify) {
    SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    good = good && (literal ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str())
                            : SSL_set1_host(ssl, host.c_str())) == 1;
  }
  if (!good) return fail(Errc::InvalidArgument, "no name for TLS: " + printable(host));
  SSL_set_connect_state(ssl);
  const auto begun = state.handshake();
  if (!begun) return std::unexpected(begun.error());
  return std::unique_ptr<TlsSession>(new TlsSession(std::move(*made)));
}

Result<void> TlsSession::receive(BytesView wire, Bytes& plain) {
  if (BIO_write(state_->in, wire.data(), static_cast<int>(wire.size())) !=
      static_cast<int>(wire.size())) {
    return fail(Errc::Internal, "no memory for TLS");
  }
  if (!established()) {
    const auto stepped = state_->handshake();
    if (!stepped || !established()) return stepped;
  }
  std::array<uint8_t, 16 * 1024> buffer;  // a record's greatest size
  for (;;) {
    ERR_clear_error();
    const int size = SSL_read(state_->ssl.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (size > 0) {
      plain.insert(plain.end(), buffer.begin(), buffer.begin() + size);
      continue;
    }
    if (SSL_get_error(state_->ssl.get(), size) == SSL_ERROR_WANT_READ) return {};
    return state_->problem(size);
  }
}

Result<void> TlsSession::send(BytesView plain) {
  if (plain.empty()) return {};
  if (established()) return state_->write(plain);
  if (state_->unsent.size() + plain.size() > kMaxUnsent) {
    return fail(Errc::Exhausted, "the TLS handshake takes too long");
  }
  state_->unsent.insert(state_->unsent.end(), plain.begin(), plain.end());
  return {};
}

Bytes TlsSession::take_output() {
  Bytes output(BIO_ctrl_pending(state_->out));
  if (output.empty()) return output;
  const int size = BIO_read(state_->out, output.data(), static_cast<int>(output.size()));
  output.resize(size > 0 ? static_cast<size_t>(size) : 0);
  return output;
}

bool TlsSession::established() const { return SSL_is_init_finished(state_->ssl.get()) == 1; }

std::string TlsSession::description() const {
  return std::string(SSL_get_version(state_->ssl.get())) + ' ' +
         SSL_get_cipher_name(state_->ssl.get());
}

}  // namespace sipcast
