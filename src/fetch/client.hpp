#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "fetch/http_url.hpp"

namespace sipcast::fetch {

/// One POST.
struct Post {
  HttpUrl url;
  /// Where it goes, whatever the host's name means by then: an address that was checked.
  SocketAddress address;
  std::vector<std::pair<std::string, std::string>> headers;  ///< values of one line
  std::string user, password;                                ///< Basic; "" for none
  std::string body;
  Duration timeout = std::chrono::seconds(15);  ///< from the connection to the last byte
};

struct Reply {
  int status = 0;
  std::string reason;  ///< phrase of the status line, as the server wrote it
  std::string body;
};

/// Requests to servers of others, over HTTP/1.1 and TLS, by libcurl on a thread of its own. No
/// redirect is followed, no proxy asked, no name looked up; connections are kept and used again.
class Client {
 public:
  struct Options {
    bool verify_tls = true;  ///< certificate and name
    std::string ca_file;     ///< PEM; "": the system's
    size_t max_body_bytes = 64 * 1024;
  };
  Client(Options options, Logger log);
  ~Client();  ///< What is under way ends with an error, before this returns.
  Client(const Client&) = delete;

  /// Any thread. Calls `done` once, on the client's thread; it must not block. Errors: Timeout,
  /// Refused (no connection, TLS, a reply that is no HTTP), Exhausted (a reply that is too large).
  void post(Post post, std::function<void(Result<Reply>)> done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sipcast::fetch
