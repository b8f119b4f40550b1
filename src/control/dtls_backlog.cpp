#include "control/dtls_backlog.hpp"

#include <utility>

namespace sipcast {

void DtlsBacklog::add(BytesView datagram, const SocketAddress& from) {
  schedule();
  if (left_ > 0 && waiting_.empty()) {
    --left_;
    return take_(datagram, from);
  }
  if (waiting_.size() == kMost) {
    ++dropped_;
    return;
  }
  waiting_.push_back({Bytes(datagram.begin(), datagram.end()), from});
}

void DtlsBacklog::schedule() {
  if (std::exchange(scheduled_, true)) return;
  in_next_turn_([this] { run(); });
}

void DtlsBacklog::run() {
  scheduled_ = false;
  left_ = kPerTurn;
  while (left_ > 0 && !waiting_.empty()) {
    --left_;
    const Datagram next = std::move(waiting_.front());
    waiting_.pop_front();
    take_(next.bytes, next.from);
  }
  if (left_ < kPerTurn) schedule();  // a turn that worked is followed by one that begins anew
}

}  // namespace sipcast
