#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "sip/digest.hpp"

namespace sipcast::sip {

/// Challenges who sends us requests, and checks the answers (RFC 7616, RFC 8760): qop=auth. A nonce
/// proves itself by its age and a hash with a secret of this object; only one that was used well is
/// remembered, with its count, so that nothing can be played again. Bounded.
class DigestVerifier {
 public:
  struct User {
    std::string name, password;
  };
  struct Options {
    std::string realm = "sipcast";
    std::vector<User> users;
    /// What is offered and taken, in this order. Older phones (baresip 1.0, SIPp 3.6) give up when
    /// they see anything but MD5.
    std::vector<DigestAlgorithm> algorithms = {DigestAlgorithm::Sha256, DigestAlgorithm::Md5};
    Duration nonce_lasts = std::chrono::seconds(60);
    size_t max_nonces = 10'000;
  };
  enum class Verdict : uint8_t {
    NoCredentials,  ///< challenge
    Stale,          ///< challenge with stale=true: the nonce is too old or its count was used
    Wrong,
    Good,
  };
  struct Checked {
    Verdict verdict = Verdict::NoCredentials;
    std::string user;  ///< as claimed
  };
  explicit DigestVerifier(Options options);
  /// `authorization` is the value of the header, "" without one.
  Checked check(std::string_view authorization, std::string_view method,
                std::string_view request_uri, Instant now);
  /// Values of WWW-Authenticate, the strongest first.
  std::vector<std::string> challenges(bool stale, Instant now) const;
  bool has_users() const { return !options_.users.empty(); }
  /// "name:password, name2:password2". Errors: InvalidArgument.
  static Result<std::vector<User>> parse_users(std::string_view text);

 private:
  std::string nonce_at(uint64_t ms) const;
  bool is_fresh(const std::string& nonce, Instant now) const;

  Options options_;
  std::string secret_;
  std::unordered_map<std::string, uint32_t> counts_;  ///< the highest nc of a nonce
  std::deque<std::string> order_;
  uint64_t oldest_ms_ = 0;  ///< nonces from before were forgotten: they count as stale
};

}  // namespace sipcast::sip
