#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/ip_network.hpp"

namespace sipcast {

/// Whom this server may call: `dial.allow` and `dial.deny`, lists with commas between of
///
///     0900*                numbers and users by pattern, at whatever host
///     49*@pbx.example      at this host alone; *.example for all below
///     @192.0.2.0/24        every user at an address, or at the addresses of a network
///
/// What a deny pattern fits is refused; with a list of allow patterns everything that none fits,
/// too. The host is where the call's URI leads, and where it is sent on its way: both must pass.
class DialRules {
 public:
  /// Errors: InvalidArgument naming option and pattern.
  static Result<DialRules> parse(std::string_view allow, std::string_view deny);
  /// @param user   as written in a URI or by a client; visual separators of numbers do not count
  /// @param hosts  names or literals. Errors: Forbidden naming option and pattern.
  Result<void> check(std::string_view user, const std::vector<std::string>& hosts) const;
  /// What a host's name has led to: only networks of dial.deny are looked at. Errors: Forbidden.
  Result<void> check(const SocketAddress& address) const;

 private:
  struct Pattern {
    std::string text;  ///< as written
    std::string user = "*", host = "*";
    IpNetwork network;  ///< in place of `host`, unless empty
    bool fits(std::string_view user, std::string_view host) const;
  };
  static Result<std::vector<Pattern>> parse_list(std::string_view option, std::string_view text);
  std::vector<Pattern> allow_, deny_;
};

/// A user part as dial patterns see it: unescaped, without parameters, and a number ("+49 (30)
/// 1234-5") without its separators.
std::string dialled(std::string_view user);

}  // namespace sipcast
