#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"

namespace sipcast {

/// A PEM certificate chain and key, replaceable while running (SIGHUP): what
/// our listeners show, those of HTTP and of SIP.
class TlsCredentials {
 public:
  /// Reads both files; with both paths empty makes a self-signed P-256 pair for `common_name` (kept
  /// in memory). Errors: Io, InvalidArgument naming the file.
  static Result<std::shared_ptr<TlsCredentials>> load(const std::string& cert_file,
                                                      const std::string& key_file,
                                                      const std::string& common_name);
  Result<void> reload();
  struct State;
  explicit TlsCredentials(std::unique_ptr<State> state);
  ~TlsCredentials();
  State& state() { return *state_; }

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sipcast
