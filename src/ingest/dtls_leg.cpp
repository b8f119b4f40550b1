#include "ingest/dtls_leg.hpp"

#include <algorithm>
#include <utility>

namespace sipcast {
namespace {
using namespace std::chrono_literals;
constexpr Duration kSettles = 10s;  // the peer's last flight may come again
constexpr Duration kPatience = 2s;  // with a stranger's handshake, before another may begin one
}  // namespace

DtlsLeg::DtlsLeg(const DtlsContext& context, sdp::DtlsPeer peer)
    : context_(context), description_(std::move(peer)) {}

void DtlsLeg::describe(const SocketAddress& signalled, Instant now) {
  signalled_ = signalled;
  anew_ = true;
  if (description_.passive && !done_ && !session_ && !signalled.is_any()) begin(signalled, now);
}

void DtlsLeg::begin(const SocketAddress& peer, Instant now) {
  auto made =
      DtlsSession::create(context_, description_.passive ? DtlsRole::Client : DtlsRole::Server);
  if (!made) return fail_with(made.error().cause);
  session_ = std::move(*made);
  settled_at_.reset();
  peer_ = peer;
  session_->start(now);
}

/// A ClientHello from `from` begins a handshake.
bool DtlsLeg::may_begin(const SocketAddress& from, Instant now) const {
  if (description_.passive) return false;
  if (done_) return anew_ && (from == peer_ || from == signalled_);
  if (!session_) return true;
  if (from == peer_ || peer_ == signalled_) return false;
  return from == signalled_ || now - last_heard_ > kPatience;
}

void DtlsLeg::on_datagram(BytesView datagram, const SocketAddress& from, Instant now) {
  if (starts_client_hello(datagram) && may_begin(from, now)) {
    done_ = anew_ = false;
    begin(from, now);
  }
  if (!session_ || from != peer_) return;
  last_heard_ = now;
  session_->on_datagram(datagram, now);
  after_step(now);
}

void DtlsLeg::after_step(Instant now) {
  if (session_->state() == DtlsSession::State::Failed) {
    return fail_with(done_ ? "" : "the handshake failed");
  }
  if (done_ || session_->state() != DtlsSession::State::Connected) return;
  if (!session_->peer_matches(description_.fingerprint)) {
    return fail_with("the certificate is not the one that the SDP names");
  }
  const auto keys = session_->srtp_keys();
  if (!keys) return fail_with(keys.error().cause);
  keys_ = SrtpKeys{.send = keys->local, .receive = keys->remote};
  done_ = true;
  settled_at_ = now + kSettles;
}

void DtlsLeg::fail_with(std::string cause) {
  session_.reset();
  settled_at_.reset();
  failure_ = std::move(cause);
}

void DtlsLeg::on_timer(Instant now) {
  if (settled_at_ && now >= *settled_at_) {
    settled_at_.reset();
    session_.reset();
  }
  if (!session_) return;
  session_->on_timer(now);
  after_step(now);
}

std::optional<Instant> DtlsLeg::deadline() const {
  const auto again = session_ ? session_->deadline() : std::nullopt;
  if (again && settled_at_) return std::min(*again, *settled_at_);
  return again ? again : settled_at_;
}

std::vector<Bytes> DtlsLeg::take_output() {
  return session_ ? session_->take_output() : std::vector<Bytes>();
}

}  // namespace sipcast
