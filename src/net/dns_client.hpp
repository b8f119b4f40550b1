#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// RFC 2782.
struct SrvRecord {
  uint16_t priority = 0, weight = 0, port = 0;
  std::string target;
};
/// RFC 3403, as far as SIP uses it.
struct NaptrRecord {
  uint16_t order = 0, preference = 0;
  std::string flags, service, replacement;
};

/// DNS queries of one event loop, by c-ares. Loop thread only; `done` never runs from within a
/// query, and not at all once the client is gone. Errors: NotFound with name and reason in the
/// cause, Exhausted.
class DnsClient {
 public:
  enum class Family : uint8_t { Any, V4, V6 };
  struct Options {
    std::string servers;  ///< "192.0.2.53" or "127.0.0.1:5353", with commas between; "": system's
    Family family = Family::Any;
    Duration timeout = std::chrono::seconds(2);  ///< of the first try
    int tries = 2;                               ///< at each server
    size_t max_queries = 256;
  };
  template <class T>
  using Done = std::move_only_function<void(Result<std::vector<T>>)>;

  /// Errors: InvalidArgument naming the servers.
  static Result<std::unique_ptr<DnsClient>> create(EventLoop& loop, const Options& options);
  ~DnsClient();

  /// A and AAAA (and the hosts file), IPv4 first, port 0.
  void addresses(const std::string& name, Done<SocketAddress> done);
  void srv(const std::string& name, Done<SrvRecord> done);
  void naptr(const std::string& name, Done<NaptrRecord> done);

 private:
  struct State;
  explicit DnsClient(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace sipcast
