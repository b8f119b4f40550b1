#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "net/dns_client.hpp"
#include "net/sip_hop.hpp"

namespace sipcast {

/// RFC 2782: by priority, and within one in random order by weight.
void order_srv(std::vector<SrvRecord>& records, std::mt19937& random);

/// Finds where a SIP message for a host may go (RFC 3263 §4): an IP literal needs no look-up; a
/// port means A and AAAA alone; else SRV of the transport; and without transport NAPTR chooses, or
/// which SRV records there are. Control loop only.
class Resolver {
 public:
  struct Query {
    std::string host;   ///< a name or an IP literal, with brackets or without
    uint16_t port = 0;  ///< 0: not said
    std::optional<SipTransport> transport;
  };
  using Done = std::move_only_function<void(Result<std::vector<SipHop>>)>;

  Resolver(EventLoop& loop, std::unique_ptr<DnsClient> dns);
  ~Resolver();
  /// At least one hop, best first, all of one transport, at most 16. `done` never runs from within
  /// locate(), and not at all once the Resolver is gone. Errors: NotFound with the name in the
  /// cause, Exhausted.
  void locate(const Query& query, Done done);

 private:
  struct Search;
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace sipcast
