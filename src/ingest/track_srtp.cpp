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

template <class Ways>
Result<void> use(std::optional<Ways>& ways, const SrtpKeys& keys) {
  auto out = decltype(Ways::out)::create(keys.send);
  auto in = decltype(Ways::in)::create(keys.receive);
  if (!out) return std::unexpected(out.error());
  if (!in) return std::unexpected(in.error());
  ways.emplace(std::move(*out), std::move(*in));
  return {};
}

}  // namespace

SrtpKeys to_srtp_keys(const sdp::SdesKeys& keys) {
  return {.send = master(keys.send), .receive = master(keys.receive)};
}

Result<void> TrackSrtp::use_for_rtp(const SrtpKeys& keys) { return use(rtp_, keys); }
Result<void> TrackSrtp::use_for_rtcp(const SrtpKeys& keys) { return use(rtcp_, keys); }

Result<BytesView> TrackSrtp::open_rtp(BytesView sealed) {
  if (!rtp_) return fail(Errc::Unauthorized);
  const auto size = rtp_->in.open(sealed, buffer_);
  if (!size) return std::unexpected(size.error());
  return BytesView(buffer_).first(*size);
}

Result<BytesView> TrackSrtp::open_rtcp(BytesView sealed) {
  if (!rtcp_) return fail(Errc::Unauthorized);
  const auto size = rtcp_->in.open(sealed, buffer_);
  if (!size) return std::unexpected(size.error());
  return BytesView(buffer_).first(*size);
}

BytesView TrackSrtp::seal_rtp(BytesView packet) {
  if (!rtp_ || packet.size() < kRtpHeaderSize) return {};
  const size_t size =
      rtp_->out.seal(packet.first(kRtpHeaderSize), packet.subspan(kRtpHeaderSize), buffer_);
  return BytesView(buffer_).first(size);
}

BytesView TrackSrtp::seal_rtcp(BytesView compound) {
  if (!rtcp_) return {};
  return BytesView(buffer_).first(rtcp_->out.seal(compound, buffer_));
}

}  // namespace sipcast
