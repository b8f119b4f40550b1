#pragma once
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "net/tls_credentials.hpp"

namespace sipcast {

/// How we meet TLS servers. All files are PEM.
struct TlsClientOptions {
  bool verify = true;               ///< chain and name of the server's certificate
  std::string ca_file;              ///< who may sign it; "": the authorities of the system
  std::string cert_file, key_file;  ///< ours, for servers that ask for one; both empty: none
};

/// The client's side of TLS, shared by its connections. TLS 1.2 at least.
class TlsClient {
 public:
  /// Errors: Io, InvalidArgument naming the file.
  static Result<std::shared_ptr<TlsClient>> load(const TlsClientOptions& options);
  struct State;
  explicit TlsClient(std::unique_ptr<State> state);
  ~TlsClient();
  const State& state() const { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

/// One TLS connection without I/O: what came from the wire goes in, what belongs on it comes out.
/// One thread.
class TlsSession {
 public:
  static Result<std::unique_ptr<TlsSession>> accept(TlsCredentials& credentials);
  /// `host` is the name or IP literal that the certificate must be for (RFC 5922 §7.1); a name is
  /// told to the server, too (SNI). take_output() has the first bytes of the handshake.
  static Result<std::unique_ptr<TlsSession>> connect(const TlsClient& client,
                                                     const std::string& host);
  ~TlsSession();

  /// Takes bytes of the wire and adds the plain ones to `plain`. There may be output also after an
  /// error: an alert. Errors, with certificate and reason in plain words: Unauthorized (its
  /// certificate is refused, or ours is), Refused (the peer closed), BadSyntax (no TLS).
  Result<void> receive(BytesView wire, Bytes& plain);
  /// Seals `plain`; before the end of the handshake it is kept until then. Errors: Internal,
  /// Exhausted (more than 1 MiB is kept).
  Result<void> send(BytesView plain);
  /// Bytes for the wire since the last call.
  Bytes take_output();
  bool established() const;
  /// "TLSv1.3 TLS_AES_256_GCM_SHA384"
  std::string description() const;

 private:
  struct State;
  explicit TlsSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sipcast
