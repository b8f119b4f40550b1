#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/socket_address.hpp"
#include "bench/load/http_client.hpp"
#include "bench/load/process.hpp"

namespace sipcast::bench {

/// A sipcast on free ports of the loopback, and its REST interface. Throws std::runtime_error when
/// it does not start or refuses.
class SipcastServer {
 public:
  struct Options {
    std::string binary;
    std::string folder;  ///< for its log
    int core = 1;
    std::vector<std::string> more = {};  ///< "--media.loops=2"
  };
  explicit SipcastServer(const Options& options);

  /// POST /rest-api/call/startup: phone `user` at `phone` becomes the stream of the same name.
  void call(const std::string& user, const SocketAddress& phone);
  void hang_up(const std::string& user);
  /// GET of any path: its body.
  std::string get(const std::string& path);
  Process& process() { return *process_; }
  const SocketAddress& http() const { return http_address_; }

 private:
  bool start(const Options& options);
  SocketAddress http_address_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<HttpClient> client_;
};

/// A port that is free on 127.0.0.1 now.
uint16_t free_port();

}  // namespace sipcast::bench
