#include "secure/dtls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.hpp"
#include "secure/certificate.hpp"
#include "secure/dtls_state.hpp"

namespace sipcast {
namespace {

/// Any certificate goes: the fingerprint of the SDP decides after the handshake.
int accept_any(X509_STORE_CTX* store, void* /*argument*/) {
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

bool configure(SSL_CTX* context, const Certificate& certificate) {
  static constexpr uint8_t kSessionContext[] = "sipcast";
  static constexpr char kCiphers[] =
      "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
      "ECDHE-ECDSA-CHACHA20-POLY1305:"
      "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384";  // phones that are servers
  SSL_CTX_set_options(context, SSL_OP_NO_QUERY_MTU | SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  SSL_CTX_set_cert_verify_callback(context, accept_any, nullptr);
  SSL_CTX_set_max_cert_list(context, 16 * 1024);
  return SSL_CTX_set_min_proto_version(context, DTLS1_2_VERSION) == 1 &&
         SSL_CTX_set_session_id_context(context, kSessionContext, sizeof kSessionContext - 1) ==
             1 &&
         SSL_CTX_set_cipher_list(context, kCiphers) == 1 &&
         SSL_CTX_use_certificate(context, certificate.x509.get()) == 1 &&
         SSL_CTX_use_PrivateKey(context, certificate.key.get()) == 1 &&
         SSL_CTX_set_tlsext_use_srtp(context, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") ==
             0;  // this one returns 0 on success
}

}  // namespace

void DtlsContext::State::FreeContext::operator()(ssl_ctx_st* value) const noexcept {
  SSL_CTX_free(value);
}

DtlsContext::DtlsContext(std::unique_ptr<State> state) : state_(std::move(state)) {}
DtlsContext::DtlsContext(DtlsContext&&) noexcept = default;
DtlsContext::~DtlsContext() = default;

Result<DtlsContext> DtlsContext::create() {
  ERR_clear_error();
  const auto certificate = Certificate::make_self_signed();
  if (!certificate) return std::unexpected(certificate.error());
  auto state = std::make_unique<State>();
  state->context.reset(SSL_CTX_new(DTLS_method()));
  state->fingerprint = fingerprint_of(*certificate->x509);
  if (!state->context || state->fingerprint.empty() ||
      !configure(state->context.get(), *certificate)) {
    ERR_clear_error();
    return fail(Errc::Internal, "OpenSSL refuses the DTLS settings");
  }
  return DtlsContext(std::move(state));
}

const std::string& DtlsContext::fingerprint() const { return state_->fingerprint; }

}  // namespace sipcast
