#include "sdp/sip_formats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.hpp"
#include "sdp/contains.hpp"
#include "sdp/h264_format.hpp"

namespace sipcast::sdp {
namespace {

uint8_t offered_payload_type(Codec codec) {
  switch (codec) {
    case Codec::Opus:
      return 111;
    case Codec::G722:
      return 9;
    case Codec::Pcma:
      return 8;
    case Codec::Pcmu:
      return 0;
    case Codec::H264:
      return 96;
    case Codec::Vp8:
      return 98;
  }
  std::unreachable();
}

PayloadFormat offered_format(Codec codec) {
  PayloadFormat format{.payload_type = offered_payload_type(codec),
                       .encoding = std::string(codec_name(codec)),
                       .clock_rate_hz = clock_rate_hz(codec),
                       .encoding_params = codec == Codec::Opus ? "2" : "",
                       .fmtp = codec == Codec::Opus ? "useinbandfec=1" : "",
                       .feedback = {}};
  if (kind_of(codec) == MediaKind::Video) format.feedback = {"nack pli", "ccm fir"};
  return format;
}

PayloadFormat telephone_event(uint8_t payload_type, uint32_t clock) {
  return {.payload_type = payload_type,
          .encoding = std::string(kTelephoneEvent),
          .clock_rate_hz = clock,
          .encoding_params = {},
          .fmtp = "0-15",
          .feedback = {}};
}

/// The address in "IN IP4 192.0.2.1" or "IN IP4 224.2.36.42/127"; an empty one when it is none.
SocketAddress parse_connection(std::string_view value, uint16_t port) {
  const auto [network, rest] = cut(trim(value), ' ');
  const auto [family, address] = cut(trim(rest), ' ');
  if (!iequals(network, "IN") || !(iequals(family, "IP4") || iequals(family, "IP6"))) return {};
  const auto parsed = SocketAddress::parse(cut(trim(address), '/').first, port);
  return parsed ? *parsed : SocketAddress();
}

SocketAddress rtcp_address(const MediaDescription& media, const SocketAddress& rtp) {
  if (media.has("rtcp-mux")) return rtp;
  if (const std::string* value = media.find("rtcp")) {
    const auto [port_text, connection] = cut(*value, ' ');
    if (const auto port = parse_decimal(port_text, 65535); port && *port != 0) {
      const auto named = parse_connection(connection, static_cast<uint16_t>(*port));
      return named.empty() ? rtp.with_port(static_cast<uint16_t>(*port)) : named;
    }
  }
  return rtp.port() == 65535 ? rtp : rtp.with_port(static_cast<uint16_t>(rtp.port() + 1));
}

bool sends(Direction d) { return d == Direction::SendRecv || d == Direction::SendOnly; }
bool receives(Direction d) { return d == Direction::SendRecv || d == Direction::RecvOnly; }

Direction make_direction(bool send, bool receive) {
  if (send && receive) return Direction::SendRecv;
  if (send) return Direction::SendOnly;
  return receive ? Direction::RecvOnly : Direction::Inactive;
}

constexpr std::array kDirections = {Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly,
                                    Direction::Inactive};

std::optional<Direction> find_direction(const AttributeList& attributes) {
  for (const Attribute& attribute : attributes) {
    for (const Direction direction : kDirections) {
      if (attribute.name == direction_name(direction)) return direction;
    }
  }
  return {};
}

}  // namespace

std::string h264_fmtp(uint32_t profile_level_id, unsigned packetization_mode,
                      const SipLocal& local) {
  if (profile_level_id == 0) profile_level_id = profile_of_parameter_sets(local.parameter_sets);
  const VideoWish& wish = local.video;
  if (profile_level_id == 0) profile_level_id = uint32_t{wish.h264_profile} << 8 | wish.h264_level;
  std::string fmtp =
      fmt::format("profile-level-id={:06x};packetization-mode={};level-asymmetry-allowed=1",
                  profile_level_id, packetization_mode);
  for (const auto& [name, value] :
       {std::pair{"max-fs", wish.max_fs}, {"max-mbps", wish.max_mbps}, {"max-br", wish.max_br}}) {
    if (value) fmtp += fmt::format(";{}={}", name, value);
  }
  if (!local.parameter_sets.empty()) {
    fmtp += ";sprop-parameter-sets=" + encode_parameter_sets(local.parameter_sets);
  }
  return fmtp;
}

std::vector<PayloadFormat> offered_formats(MediaKind kind, const SipLocal& local) {
  std::vector<PayloadFormat> formats;
  const auto& codecs = kind == MediaKind::Audio ? local.audio_codecs : local.video_codecs;
  for (const Codec codec : codecs) {
    if (kind_of(codec) != kind) continue;
    if (codec != Codec::H264) {
      formats.push_back(offered_format(codec));
      continue;
    }
    for (const uint8_t mode : local.h264_modes) {
      if (mode > 1) continue;
      PayloadFormat format = offered_format(codec);
      format.payload_type = mode == 1 ? 96 : 97;
      format.fmtp = h264_fmtp(0, mode, local);
      formats.push_back(std::move(format));
    }
  }
  if (kind == MediaKind::Audio && !formats.empty()) {
    const bool opus = contains(codecs, Codec::Opus);
    if (!opus || codecs.size() > 1) formats.push_back(telephone_event(101, 8000));
    if (opus) formats.push_back(telephone_event(110, 48000));
  }
  return formats;
}

void add_wishes(MediaDescription& media, MediaKind kind, const SipLocal& local) {
  if (kind != MediaKind::Video) return;
  const VideoWish& wish = local.video;
  if (wish.kbit) {
    media.others.push_back(fmt::format("b=AS:{}", wish.kbit));
    media.others.push_back(fmt::format("b=TIAS:{}", uint64_t{wish.kbit} * 1000));
  }
  if (wish.width && wish.height) {
    media.add("imageattr", fmt::format("* recv [x={},y={}]", wish.width, wish.height));
  }
}

SessionDescription local_session(const SipLocal& local) {
  SessionDescription session;
  session.connection =
      fmt::format("IN {} {}", local.ip.find(':') == std::string::npos ? "IP4" : "IP6", local.ip);
  session.origin =
      fmt::format("- {} {} {}", local.session_id, local.session_version, session.connection);
  return session;
}

std::string_view direction_name(Direction direction) {
  switch (direction) {
    case Direction::SendRecv:
      return "sendrecv";
    case Direction::SendOnly:
      return "sendonly";
    case Direction::RecvOnly:
      return "recvonly";
    case Direction::Inactive:
      return "inactive";
  }
  std::unreachable();
}

Direction direction_of(const SessionDescription& session, const MediaDescription& media) {
  if (const auto own = find_direction(media.attributes)) return *own;
  return find_direction(session.attributes).value_or(Direction::SendRecv);
}

Direction agreed_direction(Direction peer, Direction ours) {
  return make_direction(receives(peer) && sends(ours), sends(peer) && receives(ours));
}

Result<void> read_transport(const SessionDescription& session, const MediaDescription& media,
                            Direction ours, SipMedia& out) {
  const std::string& connection = media.connection.empty() ? session.connection : media.connection;
  out.remote_rtp = parse_connection(connection, media.port);
  if (out.remote_rtp.empty()) {
    return fail(Errc::InvalidArgument, fmt::format("{}: no IP address in c= \"{}\"",
                                                   describe(media), printable(connection, 80)));
  }
  out.rtcp_mux = media.has("rtcp-mux");
  out.remote_rtcp = rtcp_address(media, out.remote_rtp);
  Direction peer = direction_of(session, media);
  // RFC 2543 hold: whoever gives no address takes nothing.
  if (out.remote_rtp.is_any()) peer = make_direction(sends(peer), false);
  out.direction = agreed_direction(peer, ours);
  return {};
}

}  // namespace sipcast::sdp
