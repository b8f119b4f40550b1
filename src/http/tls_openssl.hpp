#pragma once
// Only for the .cpp files of http: this is where OpenSSL shows.
#include <openssl/ssl.h>

#include <memory>
#include <mutex>
#include <string>

#include "http/server.hpp"

namespace sipcast::http {

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

}  // namespace sipcast::http
