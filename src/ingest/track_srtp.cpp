#include "ingest/track_srtp.hpp"

#include "rtp/rtp_parser.hpp"

namespace sipcast {
namespace {

SrtpMasterKey master(const sdp::SdesKey& key) {
  return {.profile = key.suite == sdp::SrtpSuite::Sha1_80 ? SrtpProfile::AesCm128HmacSha1_80
                                                          : SrtpProfile::AesCm128HmacSha1_32,
          .key = key.key,
          .salt = key.salt};
}

}  // namespace

Result<TrackSrtp> TrackSrtp::create(const sdp::SdesKeys& keys) {
  const SrtpMasterKey ours = master(keys.send);
  const SrtpMasterKey theirs = master(keys.receive);
  auto rtp_out = SrtpSender::create(ours);
  auto rtcp_out = SrtcpSender::create(ours);
  auto rtp_in = SrtpReceiver::create(theirs);
  auto rtcp_in = SrtcpReceiver::create(theirs);
  if (!rtp_out) return std::unexpected(rtp_out.error());
  if (!rtcp_out) return std::unexpected(rtcp_out.error());
  if (!rtp_in) return std::unexpected(rtp_in.error());
  if (!rtcp_in) return std::unexpected(rtcp_in.error());
  return TrackSrtp(keys, std::move(*rtp_out), std::move(*rtcp_out), std::move(*rtp_in),
                   std::move(*rtcp_in));
}

Result<BytesView> TrackSrtp::open_rtp(BytesView sealed) {
  const auto size = rtp_in_.open(sealed, buffer_);
  if (!size) return std::unexpected(size.error());
  return BytesView(buffer_).first(*size);
}

Result<BytesView> TrackSrtp::open_rtcp(BytesView sealed) {
  const auto size = rtcp_in_.open(sealed, buffer_);
  if (!size) return std::unexpected(size.error());
  return BytesView(buffer_).first(*size);
}

BytesView TrackSrtp::seal_rtp(BytesView packet) {
  if (packet.size() < kRtpHeaderSize) return {};
  const size_t size =
      rtp_out_.seal(packet.first(kRtpHeaderSize), packet.subspan(kRtpHeaderSize), buffer_);
  return BytesView(buffer_).first(size);
}

BytesView TrackSrtp::seal_rtcp(BytesView compound) {
  return BytesView(buffer_).first(rtcp_out_.seal(compound, buffer_));
}

}  // namespace sipcast
