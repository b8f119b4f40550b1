#include "control/v1/idempotency.hpp"

#include <algorithm>

#include "base/sha256.hpp"

namespace sipcast::v1 {
namespace {

constexpr size_t kMaxKey = 255;

std::string hash_of(const std::string& body) {
  Sha256 sum;
  sum.add(as_bytes(body));
  return sum.finish();
}

}  // namespace

Result<std::optional<http::Response>> IdempotencyKeys::find(const std::string& key,
                                                            const std::string& body, Instant now) {
  while (!order_.empty() && kept_.at(order_.front()).until <= now) {
    kept_.erase(order_.front());
    order_.pop_front();
  }
  const bool fine = key.size() <= kMaxKey &&
                    std::ranges::all_of(key, [](char c) { return c >= ' ' && c <= '~'; });
  if (!fine) {
    return fail(Errc::InvalidArgument, "Idempotency-Key: 1 to 255 printable ASCII characters");
  }
  const auto found = kept_.find(key);
  if (found == kept_.end()) return std::optional<http::Response>{};
  if (found->second.body_hash != hash_of(body)) {
    return fail(Errc::AlreadyExists, "Idempotency-Key: it came before with another body");
  }
  return std::optional(found->second.answer);
}

void IdempotencyKeys::keep(const std::string& key, const std::string& body,
                           const http::Response& answer, Instant now) {
  if (!kept_.emplace(key, Kept{hash_of(body), answer, now + options_.keep}).second) return;
  order_.push_back(key);
  if (order_.size() <= options_.max_keys) return;
  kept_.erase(order_.front());
  order_.pop_front();
}

}  // namespace sipcast::v1
