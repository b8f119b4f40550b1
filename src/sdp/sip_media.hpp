#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "media/track.hpp"
#include "sdp/crypto_attribute.hpp"

namespace sipcast::sdp {

/// SRTP on the phone's leg: what we offer, and what we take of a peer's offer.
enum class SrtpMode : uint8_t {
  Off,       ///< plain RTP alone
  Optional,  ///< offers plain RTP with keys for SDES (RFC 4568) beside it; takes all
  Required,  ///< offers SDES; takes SDES and DTLS-SRTP
  Dtls,      ///< offers DTLS-SRTP (RFC 5763), takes nothing else
};

/// The peer of a DTLS-SRTP handshake as its SDP has it.
struct DtlsPeer {
  std::string fingerprint;  ///< "sha-256 AB:CD:..."
  bool passive = false;     ///< it waits: we are the client
  friend bool operator==(const DtlsPeer&, const DtlsPeer&) = default;
};

/// What both sides of an m-line agreed on.
struct SdesKeys {
  SdesKey send, receive;
  friend bool operator==(const SdesKeys&, const SdesKeys&) = default;
};

enum class Direction : uint8_t { SendRecv, SendOnly, RecvOnly, Inactive };

/// One codec as one side of a SIP call writes it.
struct SipCodec {
  Codec codec;
  uint8_t payload_type = 0;
  uint8_t packetization_mode = 0;     ///< H264
  uint32_t profile_level_id = 0;      ///< H264; 0: not said
  std::vector<Bytes> parameter_sets;  ///< H264 sprop-parameter-sets, decoded NAL units
};

/// What one m-line came to.
struct SipMedia {
  std::vector<SipCodec> receive;           ///< payload types that the peer may send to us
  SipCodec send;                           ///< what we send, first common one
  std::optional<uint8_t> telephone_event;  ///< payload type we may send DTMF with
  SocketAddress
      remote_rtp;  ///< empty address or port 0 never; "0.0.0.0" is hold: direction says so
  SocketAddress remote_rtcp;  ///< a=rtcp, or port + 1, or remote_rtp with rtcp_mux
  bool rtcp_mux = false;
  Direction direction = Direction::SendRecv;  ///< as we may act: RecvOnly: we receive only
  bool nack_pli = false, ccm_fir = false;     ///< the peer takes these RTCP messages
  std::optional<SdesKeys> srtp;               ///< SDES
  std::optional<DtlsPeer> dtls;               ///< DTLS-SRTP; neither: plain RTP
};

struct SipAgreement {
  std::optional<SipMedia> audio, video;
};

/// What we ask of the phone's picture, for devices that read it. 0: not said.
struct VideoWish {
  uint16_t h264_profile = 0x42e0;  ///< profile_idc and constraints of an offer's profile-level-id
  uint8_t h264_level = 31;         ///< its level, 31 is 3.1
  uint32_t max_fs = 0, max_mbps = 0, max_br = 0;  ///< H264 fmtp (RFC 6184 §8.1)
  uint16_t width = 0, height = 0;                 ///< a=imageattr (RFC 6236), when both are set
  uint32_t kbit = 0;                              ///< b=AS, and b=TIAS (RFC 3890)
};

struct SipLocal {
  std::string ip = {};      ///< for c= and o=
  uint16_t audio_port = 0;  ///< 0: no audio m-line (offer) or refused (answer)
  uint16_t video_port = 0;
  std::vector<Codec> audio_codecs = {Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu};
  std::vector<Codec> video_codecs = {Codec::H264, Codec::Vp8};
  Direction direction = Direction::SendRecv;
  uint64_t session_id = 0;
  uint32_t session_version = 1;
  /// H264 packetization modes to write, in this order; an answer takes the first offered that is
  /// here.
  std::vector<uint8_t> h264_modes = {1, 0};
  VideoWish video = {};
  SrtpMode srtp = SrtpMode::Off;
  /// Ours, one for each suite; not used when `srtp` is Off. Random, the same in the whole call.
  std::array<SdesKey, 2> audio_keys, video_keys;
  /// Of our certificate, for DTLS-SRTP; empty: we cannot.
  std::string dtls_fingerprint = {};
  /// When sending H264: SPS and PPS for sprop-parameter-sets; may be empty.
  std::vector<Bytes> parameter_sets;
};

/// An offer (RFC 8866, RFC 3264): RTP/AVP, RTP/SAVP or UDP/TLS/RTP/SAVP, telephone-event/8000 with
/// the audio (and /48000 beside Opus), a=rtcp-fb nack pli and ccm fir with the video. PTs: static
/// for G.711 and G.722, 111 Opus, 101 and 110 telephone-event, 96 and 97 H264 modes 1 and 0, 98
/// VP8.
std::string make_offer(const SipLocal& local);

/// Reads the peer's answer to `make_offer(local)`. Errors: BadSyntax; InvalidArgument naming the
/// line; NoCommonCodec when no m-line was accepted, with both sides' codecs in the cause.
Result<SipAgreement> read_answer(std::string_view answer, const SipLocal& local);

/// "audio: opus, PCMU; video: H264": what `local` offers, and what a description of the peer holds
/// ("" when it is none), for the causes of errors.
std::string codec_summary(const SipLocal& local);
std::string codec_summary(std::string_view description);

struct SipAnswer {
  std::string sdp;
  SipAgreement agreement;
};
/// Answers a peer's offer: an INVITE that came in, a re-INVITE. Errors as read_answer.
Result<SipAnswer> make_answer(std::string_view offer, const SipLocal& local);

}  // namespace sipcast::sdp
