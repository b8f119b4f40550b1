#pragma once
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "http/http.hpp"

namespace sipcast::v1 {

/// What was answered to requests with an Idempotency-Key
/// (draft-ietf-httpapi-idempotency-key-header): a client that did not hear the answer asks again,
/// and nothing is done twice. Bounded in number and time. Any one thread.
class IdempotencyKeys {
 public:
  struct Options {
    size_t max_keys = 10'000;
    Duration keep = std::chrono::hours(1);
  };
  IdempotencyKeys() : IdempotencyKeys(Options{}) {}
  explicit IdempotencyKeys(Options options) : options_(options) {}

  /// The answer of before; none: do it. Errors: InvalidArgument (the key is longer than 255 bytes
  /// or not printable), AlreadyExists (it came with another body).
  Result<std::optional<http::Response>> find(const std::string& key, const std::string& body,
                                             Instant now);
  /// Keeps an answer; of `body` a hash is kept.
  void keep(const std::string& key, const std::string& body, const http::Response& answer,
            Instant now);

 private:
  struct Kept {
    std::string body_hash;
    http::Response answer;
    Instant until;
  };
  Options options_;
  std::map<std::string, Kept> kept_;
  std::deque<std::string> order_;  // oldest first
};

}  // namespace sipcast::v1
