#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "sip/message.hpp"

namespace sipcast::sip {

/// RFC 7616 §3.2, RFC 8760. The order is the order of strength.
enum class DigestAlgorithm : uint8_t { Md5, Sha256, Sha512_256 };

/// One WWW-Authenticate or Proxy-Authenticate that we can answer.
struct DigestChallenge {
  std::string realm, nonce, opaque;
  DigestAlgorithm algorithm = DigestAlgorithm::Md5;
  std::string algorithm_text;  ///< as written; "" when it was not
  bool session = false;        ///< -sess
  bool qop_auth = false;       ///< false: no qop at all (RFC 2069)
  bool stale = false;

  /// Errors: BadSyntax, Unsupported (another scheme or algorithm, auth-int only).
  static Result<DigestChallenge> parse(std::string_view header_value);
};

struct DigestInput {
  std::string_view username, password, method, uri;
  std::string_view cnonce;
  uint32_t nc = 1;
};
/// The `response` value in lower case hex.
std::string digest_response(const DigestChallenge& challenge, const DigestInput& input);
/// The value of Authorization or Proxy-Authorization.
std::string digest_authorization(const DigestChallenge& challenge, const DigestInput& input);

/// How often one request was challenged: ends the endless loop with a wrong password.
struct DigestTries {
  int www = 0, proxy = 0, stale = 0;
};

/// The credentials of one account towards its one realm. The realm that challenges first is kept in
/// `realm`, which all calls and registrations of an account share; other realms get no answer, for
/// a hash for a stranger is a password guessed at leisure.
class DigestSession {
 public:
  enum class Learn : bool { No, Yes };
  /// `realm` empty: still to be learnt.
  DigestSession(std::string username, std::string password, std::shared_ptr<std::string> realm);
  /// Takes the best challenge of a 401 or 407. Afterwards authorize() answers it. Errors:
  /// Unauthorized (wrong password), Forbidden (another realm), Unsupported; the cause is for
  /// people.
  Result<void> challenged(const Message& response, DigestTries& tries, Learn learn);
  /// Adds Authorization and Proxy-Authorization for what was challenged so far.
  void authorize(Message& request);
  bool has_answered() const { return www_.answered || proxy_.answered; }
  const std::string& realm() const { return *realm_; }

 private:
  struct Side {
    bool answered = false;
    DigestChallenge challenge;
    std::string cnonce;  ///< one a challenge: with -sess it is part of the key
    uint32_t nc = 0;
  };
  void authorize(Message& request, Side& side, std::string_view header);

  std::string username_, password_;
  std::shared_ptr<std::string> realm_;
  Side www_, proxy_;
};

}  // namespace sipcast::sip
