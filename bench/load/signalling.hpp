#pragma once
#include <memory>
#include <string>

#include "base/result.hpp"
#include "base/socket_address.hpp"

namespace sipcast::bench {

/// What a viewer says of itself.
struct ViewerOffer {
  std::string ufrag, pwd, fingerprint;
  uint16_t port = 0;  ///< of its socket
};
/// What it has to know of the server.
struct ViewerRemote {
  std::string ufrag, pwd;
  SocketAddress candidate;
  std::string resource;  ///< for leave()
};

/// How viewers come to a server. One object a worker thread; its calls block.
class Signalling {
 public:
  virtual ~Signalling() = default;
  virtual Result<ViewerRemote> join(const ViewerOffer& offer) = 0;
  virtual void leave(const std::string& resource) = 0;
};

/// WHEP (RFC 9725). `path` is "/whep/NAME".
std::unique_ptr<Signalling> make_whep(const SocketAddress& server, std::string path);

/// ICE and the first UDP candidate of a description. Errors: BadSyntax.
Result<ViewerRemote> read_remote(std::string_view sdp);
/// The value behind `prefix`, up to the end of its line; "" when there is none.
std::string_view sdp_value(std::string_view sdp, std::string_view prefix);

}  // namespace sipcast::bench
