#include "webrtc/ice_lite_peer.hpp"

#include <algorithm>
#include <array>

#include "secure/dtls_session.hpp"
#include "secure/srtp.hpp"
#include "secure/stun.hpp"

namespace sipcast {
namespace {

/// The SSL (49 KiB) stays as long as the peer may repeat its Finished.
constexpr Duration kKeepDtls = std::chrono::seconds(60);
/// What arrives this soon after a goodbye was overtaken by it, and is no sign of life.
constexpr Duration kOvertaken = std::chrono::milliseconds(250);
/// A handshake that failed may begin again: somebody else may have written into the first.
constexpr int kMaxHandshakes = 4;
constexpr size_t kMaxRtcp = 1400;
constexpr size_t kMaxSealed = 2048;

/// The last few addresses that passed an authenticated check.
class ValidatedAddresses {
 public:
  bool contains(const SocketAddress& address) const {
    return std::ranges::find(addresses_, address) != addresses_.end();
  }
  void add(const SocketAddress& address) {
    if (contains(address)) return;
    addresses_[next_] = address;
    next_ = (next_ + 1) % addresses_.size();
  }

 private:
  std::array<SocketAddress, 4> addresses_{};
  size_t next_ = 0;
};

bool is_rtcp(BytesView datagram) {
  return datagram.size() >= 2 && datagram[1] >= 192 && datagram[1] <= 223;  // RFC 5761 §4
}

}  // namespace

std::string_view stun_local_ufrag(BytesView datagram) {
  if (classify(datagram) != DatagramKind::Stun) return {};
  const auto message = parse_stun(datagram);
  if (!message || message->type != kStunBindingRequest) return {};
  const size_t colon = message->username.find(':');
  return colon == std::string_view::npos ? std::string_view{} : message->username.substr(0, colon);
}

DatagramKind classify(BytesView datagram) {
  if (datagram.empty()) return DatagramKind::Other;
  const uint8_t first = datagram[0];
  if (first <= 3) return DatagramKind::Stun;
  if (is_dtls(datagram)) return DatagramKind::Dtls;
  if (first >= 128 && first <= 191) return DatagramKind::RtpOrRtcp;
  return DatagramKind::Other;
}

struct IceLitePeer::Impl {
  Impl(Options given, const DtlsContext& context, Io& owner, Instant now, Logger logger)
      : options(std::move(given)),
        dtls(context),
        io(owner),
        log(std::move(logger)),
        username(options.local_ufrag + ":" + options.remote_ufrag),
        connect_deadline(now + options.connect_timeout) {}

  void on_stun(BytesView datagram, const SocketAddress& from, Instant now);
  void on_check(const StunView& request, const SocketAddress& from, Instant now);
  void on_dtls(BytesView datagram, Instant now);
  void on_rtcp(BytesView datagram, Instant now);
  bool open_session(BytesView datagram);
  void after_dtls(Instant now);
  void finish_handshake(Instant now);
  bool take_keys();
  void flush_dtls();
  void handshake_failed(Instant now);
  void maybe_closed(Instant now);
  void alive(Instant now);
  void end(std::string_view cause);

  const Options options;
  const DtlsContext& dtls;
  Io& io;
  const Logger log;
  const std::string username;
  Stats stats;

  std::optional<SocketAddress> selected;
  ValidatedAddresses validated;
  Instant connect_deadline;  // of the first check, then of the handshake
  Instant last_check{};

  std::unique_ptr<DtlsSession> session;
  int handshakes = 0;
  std::optional<Instant> free_session_at;
  std::optional<Instant> handshake_trouble;  // when it is given up
  std::optional<Instant> close_hint;         // when it came

  std::optional<SrtpSender> rtp_sender;
  std::optional<SrtcpSender> rtcp_sender;
  std::optional<SrtcpReceiver> rtcp_receiver;
  bool connected = false;
  bool ended = false;
};

void IceLitePeer::Impl::on_stun(BytesView datagram, const SocketAddress& from, Instant now) {
  const auto message = parse_stun(datagram);
  if (!message) {
    ++stats.malformed;
    return;
  }
  if (message->type != kStunBindingRequest) {
    ++stats.ignored;
    return;
  }
  // RFC 8489 §9.1.3
  if (message->username.empty() || !message->integrity_at || !message->has_fingerprint) {
    ++stats.malformed;
    return io.send(make_binding_error(message->transaction, 400, {}), from);
  }
  if (message->username != username || !verify_integrity(*message, options.local_pwd)) {
    ++stats.unauthenticated;
    return io.send(make_binding_error(message->transaction, 401, {}), from);
  }
  if (message->unknown_count > 0) {
    ++stats.ignored;
    const auto unknown = std::span(message->unknown).first(message->unknown_count);
    return io.send(make_binding_error(message->transaction, 420, options.local_pwd, unknown), from);
  }
  if (message->controlled) {  // ICE-lite never takes the other role (RFC 8445 §7.3.1.1)
    ++stats.ignored;
    return io.send(make_binding_error(message->transaction, 487, options.local_pwd), from);
  }
  on_check(*message, from, now);
}

void IceLitePeer::Impl::on_check(const StunView& request, const SocketAddress& from, Instant now) {
  if (!selected) connect_deadline = now + options.connect_timeout;  // now for the handshake
  if (!selected || request.use_candidate) {
    if (selected != from) log.debug("selected {}", from.to_string());
    selected = from;
  }
  validated.add(from);
  last_check = now;
  alive(now);
  io.send(make_binding_success(request.transaction, from, options.local_pwd), from);
}

void IceLitePeer::Impl::on_dtls(BytesView datagram, Instant now) {
  const AlertRecord alert = alert_record(datagram);
  if (connected && !session) {  // nobody can authenticate it any more
    ++stats.ignored;
    if (alert != AlertRecord::None) maybe_closed(now);
    return;
  }
  if (!connected &&
      alert == AlertRecord::Plain) {  // anybody can write one: OpenSSL must not see it
    ++stats.ignored;
    return handshake_failed(now);
  }
  if (!session && !open_session(datagram)) {
    ++stats.ignored;
    return;
  }
  session->on_datagram(datagram, now);
  after_dtls(now);
}

bool IceLitePeer::Impl::open_session(BytesView datagram) {
  if (handshakes == kMaxHandshakes || !starts_client_hello(datagram)) return false;
  auto created = DtlsSession::create(dtls);
  if (!created) {
    log.error("{}", created.error().cause);
    return false;
  }
  ++handshakes;
  session = std::move(*created);
  return true;
}

void IceLitePeer::Impl::after_dtls(Instant now) {
  flush_dtls();
  switch (session->state()) {
    case DtlsSession::State::Handshaking:
      return;
    case DtlsSession::State::Connected:
      if (!connected) finish_handshake(now);
      return;
    case DtlsSession::State::Closed:
    case DtlsSession::State::Failed: {
      const bool goodbye = session->state() == DtlsSession::State::Closed;
      session.reset();
      free_session_at.reset();
      if (!connected) {
        handshake_failed(now);
      } else if (goodbye) {
        maybe_closed(now);
      }
      return;
    }
  }
}

void IceLitePeer::Impl::finish_handshake(Instant now) {
  if (!session->peer_matches(options.remote_fingerprint)) {
    session->close();
    flush_dtls();
    return end("Failed by DTLS fingerprint error");
  }
  if (!take_keys()) return end("Failed by DTLS error");
  connected = true;
  handshake_trouble.reset();
  free_session_at = now + kKeepDtls;
  log.debug("DTLS connected with {}", selected->to_string());
  io.on_connected();
}

bool IceLitePeer::Impl::take_keys() {
  const auto keys = session->srtp_keys();
  if (!keys) {
    log.info("DTLS: {}", keys.error().cause);
    return false;
  }
  auto rtp_out = SrtpSender::create(keys->local);
  auto rtcp_out = SrtcpSender::create(keys->local);
  auto rtcp_in = SrtcpReceiver::create(keys->remote);
  if (!rtp_out || !rtcp_out || !rtcp_in) return false;
  rtp_sender.emplace(std::move(*rtp_out));
  rtcp_sender.emplace(std::move(*rtcp_out));
  rtcp_receiver.emplace(std::move(*rtcp_in));
  return true;
}

void IceLitePeer::Impl::flush_dtls() {
  for (const Bytes& datagram : session->take_output()) io.send(datagram, *selected);
}

void IceLitePeer::Impl::handshake_failed(Instant now) {
  if (!handshake_trouble) handshake_trouble = now + options.close_hint_timeout;
}

void IceLitePeer::Impl::maybe_closed(Instant now) {
  if (!close_hint) close_hint = now;
}

void IceLitePeer::Impl::alive(Instant now) {
  if (close_hint && now - *close_hint >= kOvertaken) close_hint.reset();
}

void IceLitePeer::Impl::on_rtcp(BytesView datagram, Instant now) {
  std::array<uint8_t, kMaxSealed> plain;
  const auto size = rtcp_receiver->open(datagram, plain);
  if (!size) {
    const Errc code = size.error().code;
    ++(code == Errc::Unauthorized    ? stats.unauthenticated
       : code == Errc::AlreadyExists ? stats.replayed
                                     : stats.malformed);
    return;
  }
  alive(now);
  io.on_rtcp(BytesView(plain).first(*size), now);
}

void IceLitePeer::Impl::end(std::string_view cause) {
  ended = true;
  session.reset();
  log.debug("ended: {}", cause);
  io.on_ended(cause);
}

IceLitePeer::IceLitePeer(Options options, const DtlsContext& dtls, Io& io, Instant now, Logger log)
    : impl_(std::make_unique<Impl>(std::move(options), dtls, io, now, std::move(log))) {}

IceLitePeer::~IceLitePeer() = default;

void IceLitePeer::on_datagram(BytesView datagram, const SocketAddress& from, Instant now) {
  if (impl_->ended) return;
  const DatagramKind kind = classify(datagram);
  if (kind == DatagramKind::Stun) return impl_->on_stun(datagram, from, now);
  if (kind == DatagramKind::Other) {
    ++impl_->stats.malformed;
  } else if (!impl_->validated.contains(from)) {
    ++impl_->stats.from_strangers;
  } else if (kind == DatagramKind::Dtls) {
    impl_->on_dtls(datagram, now);
  } else if (impl_->connected && is_rtcp(datagram)) {
    impl_->on_rtcp(datagram, now);
  } else {
    ++impl_->stats.ignored;
  }
}

void IceLitePeer::on_port_unreachable(Instant now) {
  if (impl_->connected && !impl_->ended) impl_->maybe_closed(now);
}

const std::optional<SocketAddress>& IceLitePeer::selected() const { return impl_->selected; }
bool IceLitePeer::connected() const { return impl_->connected; }
const IceLitePeer::Stats& IceLitePeer::stats() const { return impl_->stats; }

size_t IceLitePeer::seal_rtp(BytesView header, BytesView payload, std::span<uint8_t> out) {
  return impl_->rtp_sender ? impl_->rtp_sender->seal(header, payload, out) : 0;
}

void IceLitePeer::send_rtcp(BytesView plain) {
  if (!impl_->rtcp_sender || impl_->ended || plain.size() > kMaxRtcp) return;
  std::array<uint8_t, kMaxSealed> sealed;
  const size_t size = impl_->rtcp_sender->seal(plain, sealed);
  if (size > 0) impl_->io.send(BytesView(sealed).first(size), *impl_->selected);
}

void IceLitePeer::close() {
  if (impl_->session) {
    impl_->session->close();
    impl_->flush_dtls();
  }
  impl_->ended = true;
}

Instant IceLitePeer::deadline() const {
  const Impl& impl = *impl_;
  if (impl.ended) return Instant::max();
  Instant earliest = impl.connected ? Instant::max() : impl.connect_deadline;
  const auto consider = [&](std::optional<Instant> other) {
    if (other) earliest = std::min(earliest, *other);
  };
  if (impl.selected) consider(impl.last_check + impl.options.consent_timeout);
  if (impl.session) consider(impl.session->deadline());
  if (impl.close_hint) consider(*impl.close_hint + impl.options.close_hint_timeout);
  consider(impl.handshake_trouble);
  consider(impl.free_session_at);
  return earliest;
}

void IceLitePeer::on_timer(Instant now) {
  Impl& impl = *impl_;
  if (impl.ended) return;
  if (impl.close_hint && now - *impl.close_hint >= impl.options.close_hint_timeout) {
    return impl.end("Closed by peer");
  }
  if (impl.selected && now - impl.last_check >= impl.options.consent_timeout) {
    return impl.end("Failed by ICE keep alive");
  }
  if (!impl.selected && now >= impl.connect_deadline) return impl.end("Failed by ICE timeout");
  if (!impl.connected && (now >= impl.connect_deadline ||
                          (impl.handshake_trouble && now >= *impl.handshake_trouble))) {
    return impl.end("Failed by DTLS error");
  }
  if (impl.free_session_at && now >= *impl.free_session_at) {
    impl.session.reset();
    impl.free_session_at.reset();
  }
  if (impl.session) {
    impl.session->on_timer(now);
    impl.flush_dtls();
  }
}

}  // namespace sipcast
