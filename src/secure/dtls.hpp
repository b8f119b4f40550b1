#pragma once
#include <memory>
#include <string>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace sipcast {

/// Tells DTLS records from what else comes to a media port (RFC 7983 §7).
inline bool is_dtls(BytesView datagram) {
  return !datagram.empty() && datagram[0] >= 20 && datagram[0] <= 63;
}

/// The certificate and the settings all DTLS connections of this process share: P-256, self-signed,
/// made at start. Thread-safe after construction.
class DtlsContext {
 public:
  static Result<DtlsContext> create();
  DtlsContext(DtlsContext&&) noexcept;
  ~DtlsContext();
  /// For `a=fingerprint:`, e.g. "sha-256 AB:CD:...".
  const std::string& fingerprint() const;
  struct State;
  const State& state() const { return *state_; }

 private:
  explicit DtlsContext(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace sipcast
