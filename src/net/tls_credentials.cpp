#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/random.hpp"
#include "base/socket_address.hpp"
#include "net/tls_openssl.hpp"

namespace sipcast {
namespace {

template <auto F>
struct Free {
  template <class T>
  void operator()(T* handle) const noexcept {
    F(handle);
  }
};
using KeyPtr = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using CertPtr = std::unique_ptr<X509, Free<X509_free>>;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;

constexpr long kSecondsOfDay = 24 * 60 * 60;
constexpr long kSelfSignedDays = 3650;

/// RFC 7301: HTTP/1.1 when it is offered, else as if there were no ALPN.
int select_alpn(SSL*, const unsigned char** out, unsigned char* out_length,
                const unsigned char* offered, unsigned int offered_length, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  const int result = SSL_select_next_proto(&chosen, out_length, kHttp11, sizeof(kHttp11) - 1,
                                           offered, offered_length);
  *out = chosen;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

/// A key with a password is refused rather than asked for on the terminal.
int no_password(char*, int, int, void*) { return 0; }

Result<void> check_readable(const std::string& file) {
  if (std::ifstream(file).good()) return {};
  return fail(Errc::Io, "cannot read " + file + ": " + std::strerror(errno));
}

Result<SslContextPtr> make_context() {
  Result<SslContextPtr> context = make_tls_context(TLS_server_method());
  if (!context) return context;
  SSL_CTX_set_options(context->get(), SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_alpn_select_cb(context->get(), select_alpn, nullptr);
  return context;
}

Result<SslContextPtr> context_of_files(const std::string& cert_file, const std::string& key_file) {
  Result<SslContextPtr> context = make_context();
  if (!context) return context;
  const auto used = use_certificate(context->get(), cert_file, key_file);
  if (!used) return std::unexpected(used.error());
  return context;
}

bool add_extension(X509* cert, int nid, const std::string& value) {
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  return extension && X509_add_ext(cert, extension.get(), -1) == 1;
}

/// Host names and addresses as OpenSSL's extension syntax wants them; a name with other characters
/// is not put there.
std::string subject_alt_name(const std::string& name) {
  if (SocketAddress::parse(name, 0)) return "IP:" + name;
  const bool plain = name.find_first_not_of(
                         "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                         "0123456789.-*_") == std::string::npos;
  return plain && !name.empty() ? "DNS:" + name : "DNS:localhost";
}

CertPtr self_signed(EVP_PKEY* key, const std::string& common_name) {
  CertPtr cert(X509_new());
  if (!cert) return nullptr;
  X509_set_version(cert.get(), X509_VERSION_3);
  ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert.get()), uint64_t{random_u32()} << 16 | 1);
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -kSecondsOfDay);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), kSelfSignedDays * kSecondsOfDay);
  X509_set_pubkey(cert.get(), key);
  const std::string name = common_name.empty() ? "sipcast" : common_name.substr(0, 64);
  X509_NAME* subject = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, as_bytes(name).data(),
                             static_cast<int>(name.size()), -1, 0);
  X509_set_issuer_name(cert.get(), subject);
  if (!add_extension(cert.get(), NID_subject_alt_name, subject_alt_name(common_name)) ||
      !add_extension(cert.get(), NID_ext_key_usage, "serverAuth") ||
      X509_sign(cert.get(), key, EVP_sha256()) == 0) {
    return nullptr;
  }
  return cert;
}

Result<SslContextPtr> self_signed_context(const std::string& common_name) {
  Result<SslContextPtr> context = make_context();
  if (!context) return context;
  const KeyPtr key(EVP_EC_gen("P-256"));
  const CertPtr cert = key ? self_signed(key.get(), common_name) : nullptr;
  if (!cert || SSL_CTX_use_certificate(context->get(), cert.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context->get(), key.get()) != 1) {
    return fail(Errc::Internal, "no self-signed certificate: " + openssl_reason());
  }
  return context;
}

}  // namespace

std::string openssl_reason() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  std::string text = reason == nullptr ? "unknown error" : reason;
  ERR_clear_error();
  return text;
}

Result<SslContextPtr> make_tls_context(const SSL_METHOD* method) {
  SslContextPtr context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) return fail(Errc::Internal, "OpenSSL makes no TLS context: " + openssl_reason());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  return context;
}

Result<void> use_certificate(SSL_CTX* context, const std::string& cert_file,
                             const std::string& key_file) {
  if (cert_file.empty() || key_file.empty()) {
    return fail(Errc::InvalidArgument, cert_file.empty()
                                           ? key_file + " is a TLS key without a certificate file"
                                           : cert_file + " is a certificate without a key file");
  }
  for (const std::string& file : {cert_file, key_file}) {
    if (const auto readable = check_readable(file); !readable) return readable;
  }
  ERR_clear_error();
  if (SSL_CTX_use_certificate_chain_file(context, cert_file.c_str()) != 1) {
    return fail(Errc::InvalidArgument, cert_file + " is no PEM certificate: " + openssl_reason());
  }
  if (SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail(Errc::InvalidArgument, key_file + " is no PEM key that fits " + cert_file +
                                           " (or it has a password): " + openssl_reason());
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return fail(Errc::InvalidArgument,
                key_file + " is not the key of " + cert_file + ": " + openssl_reason());
  }
  return {};
}

TlsCredentials::TlsCredentials(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsCredentials::~TlsCredentials() = default;

Result<std::shared_ptr<TlsCredentials>> TlsCredentials::load(const std::string& cert_file,
                                                             const std::string& key_file,
                                                             const std::string& common_name) {
  const bool own = cert_file.empty() && key_file.empty();
  Result<SslContextPtr> context =
      own ? self_signed_context(common_name) : context_of_files(cert_file, key_file);
  if (!context) return std::unexpected(context.error());
  auto state = std::make_unique<State>();
  state->cert_file = cert_file;
  state->key_file = key_file;
  state->context = std::move(*context);
  return std::make_shared<TlsCredentials>(std::move(state));
}

Result<void> TlsCredentials::reload() {
  if (state_->cert_file.empty()) return {};  // self-signed: stays as long as we run
  Result<SslContextPtr> context = context_of_files(state_->cert_file, state_->key_file);
  if (!context) return std::unexpected(context.error());
  const std::lock_guard lock(state_->mutex);
  state_->context = std::move(*context);
  return {};
}

}  // namespace sipcast
