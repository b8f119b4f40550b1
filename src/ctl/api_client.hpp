#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace sipcast::ctl {

struct Reply {
  int status = 0;
  std::string content_type, body;
};

/// Blocking requests to one server. Errors are those of the way there; what the server says is a
/// Reply, whatever its status.
class ApiClient {
 public:
  struct Options {
    std::string url;        ///< http://127.0.0.1:8081
    std::string key;        ///< sent as bearer token; "" for none
    bool insecure = false;  ///< TLS without a check of certificate and name
  };
  explicit ApiClient(Options options);
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;

  /// Errors: Refused.
  Result<Reply> request(const std::string& method, const std::string& path,
                        const std::string& body = {});
  /// GET that takes server-sent events: `take` gets the bytes of a 200 as they come, until it
  /// returns false. The Reply holds what else came.
  Result<Reply> listen(const std::string& path, const std::string& last_event_id,
                       std::function<bool(std::string_view)> take);

 private:
  struct Curl;
  Options options_;
  std::unique_ptr<Curl> curl_;
};

/// One segment of a path, or a value of a query.
std::string encode(std::string_view text);

}  // namespace sipcast::ctl
