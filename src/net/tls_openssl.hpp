#pragma once
// Only for the .cpp files of net and http: this is where OpenSSL shows.
#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "base/result.hpp"
#include "net/tls_credentials.hpp"

namespace sipcast {

using SslContextPtr = std::shared_ptr<SSL_CTX>;

/// What new connections take: replaced as a whole, so that a failed reload changes nothing.
struct TlsCredentials::State {
  std::string cert_file;  // both empty: self-signed
  std::string key_file;
  std::mutex mutex;
  SslContextPtr context;

  SslContextPtr current() {
    const std::lock_guard lock(mutex);
    return context;
  }
};

/// The newest reason that OpenSSL gives; forgets the others.
std::string openssl_reason();
/// At least TLS 1.2, no renegotiation, no compression. Errors: Internal.
Result<SslContextPtr> make_tls_context(const SSL_METHOD* method);
/// Puts a PEM chain and its key into `context`. Errors: Io, InvalidArgument naming the file.
Result<void> use_certificate(SSL_CTX* context, const std::string& cert_file,
                             const std::string& key_file);

}  // namespace sipcast
