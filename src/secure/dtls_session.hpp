#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "secure/dtls.hpp"
#include "secure/srtp_cipher.hpp"

namespace sipcast {

/// Master keys of both directions.
struct DtlsSrtpKeys {
  SrtpMasterKey local;   ///< we seal with it
  SrtpMasterKey remote;  ///< we open with it
};

enum class DtlsRole : uint8_t { Server, Client };

/// One DTLS 1.2 connection (RFC 6347, RFC 5764). No I/O and no clock: datagrams and `now`
/// in, take_output() and a deadline out. About 49 KiB until destroyed.
///
/// Retransmission is ours, because OpenSSL's timer reads the wall clock: its timer is set to over
/// an hour, and this class keeps the last flight and sends it again at its own deadlines (250 ms,
/// then doubling to 4 s), until the peer answers. Only the flight from ServerHello to
/// ServerHelloDone ever needs that (epoch 0, in the clear); its records get fresh sequence numbers
/// each time, as RFC 6347 §4.2.4 wants, since a client may have seen a record and yet thrown its
/// content away. The last flight (Finished) is sent again by OpenSSL when the client repeats its
/// own. A client's last flight has a sealed record, so OpenSSL makes a client's flights anew at the
/// same deadlines.
class DtlsSession {
 public:
  enum class State : uint8_t {
    Handshaking,
    Connected,
    Closed,  ///< the peer said goodbye: an authenticated alert
    Failed,  ///< OpenSSL gave up
  };
  static constexpr size_t kMtu = 1200;  ///< bytes of UDP payload

  /// `context` must outlive the session. Errors: Internal.
  static Result<std::unique_ptr<DtlsSession>> create(const DtlsContext& context,
                                                     DtlsRole role = DtlsRole::Server);
  ~DtlsSession();

  /// A client's first flight.
  void start(Instant now);
  void on_datagram(BytesView datagram, Instant now);
  void on_timer(Instant now);
  /// When the last flight is sent again; none when nothing waits.
  std::optional<Instant> deadline() const { return deadline_; }
  /// The datagrams to send now, each at most kMtu bytes.
  std::vector<Bytes> take_output();
  State state() const { return state_; }
  /// Writes a close_notify to the output, when connected.
  void close();

  /// After Connected. Errors: Unsupported when no SRTP profile was agreed, Internal.
  Result<DtlsSrtpKeys> srtp_keys() const;
  /// After Connected: whether the peer's certificate is the one of its SDP.
  bool peer_matches(std::string_view fingerprint) const;

 private:
  struct Wire;
  explicit DtlsSession(DtlsRole role);
  void step(BytesView datagram, Instant now);
  void advance();
  void read_all();
  void fail_with_error();
  void renumber(Bytes& datagram);

  std::unique_ptr<Wire> wire_;
  DtlsRole role_;
  State state_ = State::Handshaking;
  std::vector<Bytes> output_;
  std::vector<Bytes> flight_;  // kept while handshaking
  uint64_t next_sequence_ = 0;
  std::optional<Instant> deadline_;
  Duration interval_{};
};

/// What kind of alert record a datagram starts with, judged from outside.
enum class AlertRecord : uint8_t { None, Plain, Encrypted };
AlertRecord alert_record(BytesView datagram);
/// A handshake record in the clear that starts a ClientHello.
bool starts_client_hello(BytesView datagram);

}  // namespace sipcast
