#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sipcast {

/// A STUN or TURN server that viewers are told of.
struct IceServer {
  std::string url;  ///< RFC 7064, RFC 7065: "turn:turn.example.com:3478?transport=udp"
  std::string username, credential;  ///< "" where there are none
};

/// `text` is a list with commas of stun:HOST[:PORT], stuns:...,
/// turn:USER:PASSWORD@HOST[:PORT][?transport=udp|tcp] and turns:.... Errors: InvalidArgument,
/// naming the entry without its credentials.
Result<std::vector<IceServer>> parse_ice_servers(std::string_view text);

/// The value of a Link header (RFC 9725 §4.6).
std::string link_header(const IceServer& server);

}  // namespace sipcast
