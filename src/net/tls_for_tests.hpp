#pragma once
#include <openssl/pem.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>

#include "net/tls_openssl.hpp"
#include "net/tls_session.hpp"

namespace sipcast::test {

/// A folder that ends with its test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sipcast-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

/// Writes the certificate (and the key, where `key_file` is named) of self-signed credentials.
inline void write_pair(TlsCredentials& credentials, const std::string& cert_file,
                       const std::string& key_file = {}) {
  const SslContextPtr context = credentials.state().current();
  const std::unique_ptr<FILE, decltype([](FILE* file) { ::fclose(file); })> cert(
      ::fopen(cert_file.c_str(), "w"));
  PEM_write_X509(cert.get(), SSL_CTX_get0_certificate(context.get()));
  if (key_file.empty()) return;
  const std::unique_ptr<FILE, decltype([](FILE* file) { ::fclose(file); })> key(
      ::fopen(key_file.c_str(), "w"));
  PEM_write_PrivateKey(key.get(), SSL_CTX_get0_privatekey(context.get()), nullptr, nullptr, 0,
                       nullptr, nullptr);
}

/// A client that trusts the certificate of `credentials` alone.
inline std::shared_ptr<TlsClient> client_that_trusts(TlsCredentials& credentials) {
  const TemporaryFolder folder;
  write_pair(credentials, folder / "ca.pem");
  return *TlsClient::load({.ca_file = folder / "ca.pem"});
}

}  // namespace sipcast::test
