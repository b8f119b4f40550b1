#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "ffmpeg/muxer.hpp"

namespace sipcast {

/// An RTMP URL of a client, taken apart: rtmp[s]://[user:password@]host[:port]/app[/key].
struct RtmpUrl {
  bool tls = false;
  std::string user_info;  ///< "user:password" or ""
  std::string host;       ///< without brackets
  uint16_t port = 1935;
  std::string app;  ///< with its query
  std::string key;  ///< what is published: the stream key of YouTube and others

  /// Fit for logs: without user, password, key and queries.
  std::string shown() const;
};

enum class RtmpUrlKind : uint8_t {
  App,   ///< ends with the application; the key is told apart
  Full,  ///< ends with the key
};
/// Errors: InvalidArgument with a cause that begins with "rtmpUrl: " and quotes nothing of it.
Result<RtmpUrl> parse_rtmp_url(std::string_view url, RtmpUrlKind kind);

/// Fit for replies: as it was asked for where that holds no secret, and else RtmpUrl::shown().
std::string shown_rtmp_url(const std::string& asked, RtmpUrlKind kind);

/// What FFmpeg is to connect to, at an address that was checked. A verified TLS server is connected
/// to by its name, which its certificate proves: only so does it learn which name is wanted (SNI).
ffmpeg::RtmpServer rtmp_server(const RtmpUrl& url, const SocketAddress& checked, bool verify_tls);

}  // namespace sipcast
