#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/track.hpp"
#include "sdp/session_description.hpp"

namespace sipcast::sdp {

/// One payload type of an RTP m-line, with what its attributes say about it.
struct PayloadFormat {
  uint8_t payload_type = 0;     ///< 0-127
  std::string encoding;         ///< as rtpmap writes it, or of the static type; empty: not said
  uint32_t clock_rate_hz = 0;   ///< 0: not said
  std::string encoding_params;  ///< "2" of opus/48000/2
  std::string fmtp;             ///< several fmtp lines joined by ';'
  std::vector<std::string> feedback;  ///< rtcp-fb values for it or for `*`: "nack pli"

  /// Ours by name and clock; none: a codec that does not pass through.
  std::optional<Codec> codec() const;
  bool has_feedback(std::string_view what) const;
};

/// The formats of an m-line in its order; what is no number in 0-127, or came before, is left out.
/// Without rtpmap 0, 8 and 9 are PCMU, PCMA and G722 (RFC 3551 §6).
std::vector<PayloadFormat> payload_formats(const MediaDescription& media);

/// A parameter of an fmtp value such as "a=1; b=2", name without regard to case; none: not there.
std::optional<std::string_view> fmtp_parameter(std::string_view fmtp, std::string_view name);

/// "opus, PCMU, H263" for error texts; at most 16 names.
std::string encoding_names(const std::vector<PayloadFormat>& formats);

/// Adds rtpmap, fmtp (when not empty) and rtcp-fb lines for `format`.
void add_format(MediaDescription& media, const PayloadFormat& format);

}  // namespace sipcast::sdp
