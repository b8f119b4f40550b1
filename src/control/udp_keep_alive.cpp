#include "control/udp_keep_alive.hpp"

#include <utility>

#include "base/random.hpp"

namespace sipcast {
namespace {
constexpr size_t kMaxFlows = 10'000;
}

Bytes UdpKeepAlive::next(const SocketAddress& peer) {
  if (kind_ != KeepAlive::Stun) return {'\r', '\n', '\r', '\n'};
  if (flows_.size() >= kMaxFlows) flows_.clear();
  Flow& flow = flows_[peer.to_string()];
  random_bytes(flow.transaction);
  return make_plain_binding_request(flow.transaction);
}

UdpKeepAlive::Taken UdpKeepAlive::take(BytesView datagram, const SocketAddress& peer) {
  if (kind_ != KeepAlive::Stun || datagram.empty() || datagram[0] > 3) return Taken::No;
  const auto answer = parse_stun(datagram);
  const auto flow = flows_.find(peer.to_string());
  if (!answer || flow == flows_.end() || answer->type != kStunBindingSuccess ||
      answer->transaction != flow->second.transaction || answer->mapped.empty()) {
    return Taken::No;
  }
  const SocketAddress before = std::exchange(flow->second.mapped, answer->mapped);
  return before.empty() || before == answer->mapped ? Taken::Same : Taken::Moved;
}

}  // namespace sipcast
