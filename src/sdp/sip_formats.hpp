#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "sdp/payload_format.hpp"
#include "sdp/session_description.hpp"
#include "sdp/sip_media.hpp"

namespace sipcast::sdp {

inline constexpr std::string_view kTelephoneEvent = "telephone-event";

/// What our offer holds for one kind, telephone-event included, in the order of `local`'s codecs.
std::vector<PayloadFormat> offered_formats(MediaKind kind, const SipLocal& local);
/// An fmtp for H264 as we write it. 0 as profile: the one of `local.parameter_sets`, or 42e01f.
std::string h264_fmtp(uint32_t profile_level_id, unsigned packetization_mode,
                      const SipLocal& local);
/// Bandwidth and picture size that `local` wishes, in a video m-line of ours.
void add_wishes(MediaDescription& media, MediaKind kind, const SipLocal& local);
/// A description with o=, s= and c= of `local`, and no m-line yet.
SessionDescription local_session(const SipLocal& local);

std::string_view direction_name(Direction direction);
/// Of an m-line: its own attribute, the session's, or sendrecv (RFC 8866 §6.7).
Direction direction_of(const SessionDescription& session, const MediaDescription& media);
/// What is left for us when the peer says `peer` and we want `ours` (RFC 3264 §6.1).
Direction agreed_direction(Direction peer, Direction ours);

/// Where the peer wants RTP and RTCP (c=, m=, RFC 3605 a=rtcp, RFC 5761 a=rtcp-mux), in `out`, with
/// its direction. Errors: InvalidArgument naming the line.
Result<void> read_transport(const SessionDescription& session, const MediaDescription& media,
                            Direction ours, SipMedia& out);

}  // namespace sipcast::sdp
