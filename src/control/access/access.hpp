#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/worker_pool.hpp"
#include "control/access/authorization.hpp"
#include "control/access/credentials.hpp"
#include "control/access/login_throttle.hpp"
#include "control/access/needed_scope.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Who may use REST: the one place in front of all handlers. Basic (RFC 7617) for users, Bearer
/// (RFC 6750) for API keys, from `auth.file`. Passwords are checked in a worker; a header that was
/// right is remembered as its HMAC under a key of this process, so that the next request costs
/// nothing.
class Access {
 public:
  struct Options {
    bool required = false;  ///< false: everyone may do everything
    std::string file;       ///< "" for none
    LoginThrottle::Options throttle;
    Duration remember = std::chrono::minutes(10);  ///< a header that was right
    size_t max_remembered = 1000;
  };
  Access(Options options, EventLoop& web, Logger log);
  ~Access();
  Access(const Access&) = delete;

  /// Any thread, also later (SIGHUP): reads the file. On an error what was known stays. Errors: Io,
  /// BadSyntax, InvalidArgument; each names the option.
  Result<void> load();
  bool required() const { return options_.required; }
  /// For Router::set_guard. Web loop.
  void check(const http::Request& request, std::function<void(http::Verdict)> done);
  /// Any thread. Whose key this is; null: nobody's.
  PrincipalPtr key_owner(std::string_view token) const;

 private:
  struct Remembered {
    PrincipalPtr principal;
    Instant until;
  };
  using Done = std::function<void(http::Verdict)>;
  std::shared_ptr<const Credentials> credentials() const;
  void check_password(const http::Request& request, BasicCredentials given, std::string digest,
                      Need need, const Done& done);
  http::Verdict judge(const http::Request& request, const PrincipalPtr& principal, Need need) const;
  http::Verdict refused(const http::Request& request, std::string_view why);
  void remember(const std::string& digest, PrincipalPtr principal, Instant now);

  Options options_;
  EventLoop& web_;
  Logger log_;
  mutable std::mutex mutex_;  // guards the next one
  std::shared_ptr<const Credentials> credentials_ = std::make_shared<const Credentials>();
  // Web loop:
  Bytes cache_key_;
  std::shared_ptr<const Credentials> remembered_of_;  ///< what `remembered_` was true for
  std::map<std::string, Remembered> remembered_;      ///< by HMAC of the header
  LoginThrottle throttle_;
  std::optional<PasswordHash> nobody_;  ///< verified for unknown users, so that they take as long
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  WorkerPool workers_{"password", 1};
  WorkerPool::Strand hashing_ = workers_.make_strand(32);
};

}  // namespace sipcast
