#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "media/track.hpp"
#include "sdp/session_description.hpp"

namespace sipcast::sdp {

/// ICE and DTLS of one m-line (RFC 8839, RFC 8122), wherever the offer says them.
struct ViewerTransport {
  std::string ufrag, pwd;
  std::string fingerprint;  ///< "sha-256 AB:..." when there is one of that hash
};

/// An m-line through which we may send.
struct UsableLine {
  size_t index;  ///< in session.media
  MediaKind kind;
  ViewerTransport transport;
};

/// A browser's offer, as far as codecs do not matter.
struct ViewerOffer {
  SessionDescription session;
  std::vector<UsableLine> usable;

  /// Both m-lines are in one BUNDLE group (RFC 9143), so that they share a transport.
  bool bundled(size_t a, size_t b) const;
};

/// Errors: BadSyntax, Exhausted; InvalidArgument with the first reason when no m-line is usable.
Result<ViewerOffer> parse_viewer_offer(std::string_view offer);

}  // namespace sipcast::sdp
