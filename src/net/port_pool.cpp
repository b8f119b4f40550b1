#include "net/port_pool.hpp"

#include <utility>

namespace sipcast {

struct PortPool::Pair::Free {
  std::deque<uint16_t> rtp_ports;  // front: free for the longest time
};

PortPool::PortPool(uint16_t first, uint16_t last) : free_(std::make_shared<Pair::Free>()) {
  for (unsigned port = first + first % 2u; port + 1 <= last; port += 2) {
    if (port != 0) free_->rtp_ports.push_back(static_cast<uint16_t>(port));
  }
  total_ = free_->rtp_ports.size();
}

Result<PortPool::Pair> PortPool::take() {
  if (free_->rtp_ports.empty()) {
    return fail(Errc::Exhausted,
                "all " + std::to_string(total_) + " pairs of media ports are in use");
  }
  Pair pair;
  pair.pool_ = free_;
  pair.rtp_ = free_->rtp_ports.front();
  free_->rtp_ports.pop_front();
  return pair;
}

size_t PortPool::free_pairs() const { return free_->rtp_ports.size(); }
size_t PortPool::total_pairs() const { return total_; }

PortPool::Pair::Pair(Pair&& other) noexcept
    : pool_(std::move(other.pool_)), rtp_(std::exchange(other.rtp_, uint16_t{0})) {}

PortPool::Pair& PortPool::Pair::operator=(Pair&& other) noexcept {
  Pair returned(std::move(other));
  std::swap(pool_, returned.pool_);
  std::swap(rtp_, returned.rtp_);
  return *this;
}

PortPool::Pair::~Pair() {
  if (pool_) pool_->rtp_ports.push_back(rtp_);
}

}  // namespace sipcast
