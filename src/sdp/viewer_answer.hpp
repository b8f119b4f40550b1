#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/strong.hpp"
#include "media/track.hpp"

namespace sipcast::sdp {

/// One codec of an answered m-line.
struct ViewerFormat {
  Codec codec;
  uint8_t payload_type = 0;
  std::optional<uint8_t> rtx_payload_type = {};
  bool nack = false;
};

/// How one track goes to a viewer.
struct ViewerTrack {
  Codec codec;
  uint8_t payload_type = 0;
  std::optional<uint8_t>
      rtx_payload_type;  ///< RFC 4588, when the offer has it for this payload type
  Ssrc ssrc, rtx_ssrc;
  bool nack = false;  ///< a=rtcp-fb nack is agreed
  /// All codecs that were answered, this track's own first: where to go when the phone changes its
  /// codec.
  std::vector<ViewerFormat> formats = {};
};

struct ViewerAnswerOptions {
  TrackList tracks;  ///< what the stream has
  std::string local_ufrag, local_pwd;
  std::string fingerprint;                ///< "sha-256 AB:..."
  std::vector<SocketAddress> candidates;  ///< host candidates: UDP, and passive TCP (RFC 6544)
  std::string cname;
  Ssrc audio_ssrc, video_ssrc, video_rtx_ssrc;
};

struct ViewerAnswer {
  std::string sdp;
  std::optional<ViewerTrack> audio, video;
  std::string remote_ufrag, remote_pwd, remote_fingerprint;
  /// Why a track of the stream does not go to this viewer, in plain words; empty when all do.
  std::string refused;
};

/// The m-lines of a viewer's offer, to be checked early: before the stream's codecs are known.
/// Errors: as answer_viewer, but for NoCommonCodec.
Result<void> check_viewer_offer(std::string_view offer);

/// Answers a browser's offer to receive (WHEP, WCS playStream): one transport (BUNDLE, rtcp-mux),
/// ICE-lite, setup:passive, sendonly; every offered m-line keeps its place, those without use are
/// port 0 (or a=inactive inside of the bundle). Payload types are the offer's. The stream's codec
/// stands first, behind it every other offered codec that can pass through (so that a switch needs
/// no new answer). For H264 the offered payload type whose packetization-mode is 1 and whose
/// profile is nearest to the track's is taken, and its fmtp repeated. Errors: BadSyntax;
/// InvalidArgument naming the line (no fingerprint, no ufrag, no rtcp-mux, sendonly offer);
/// NoCommonCodec when no track of the stream fits, with both sides' codecs in the cause.
Result<ViewerAnswer> answer_viewer(std::string_view offer, const ViewerAnswerOptions& options);

}  // namespace sipcast::sdp
