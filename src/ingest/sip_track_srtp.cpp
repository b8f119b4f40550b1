// How a track is secured: by the keys of its SDP (RFC 4568), or by those of a DTLS handshake (RFC
// 5763).
#include "ingest/sip_track.hpp"

namespace sipcast {

/// Keys that stay keep their counters: a re-INVITE changes the address, not the packets.
void SipSource::Track::secure() {
  if (media_->dtls && source_.options_.dtls) return use_dtls();
  rtp_dtls_.reset();
  rtcp_dtls_.reset();
  if (media_->srtp) {
    if (sdes_ == media_->srtp) return;
    if (const auto used = use_sdes(); !used) refuse_media(used.error().cause);
    return;
  }
  sdes_.reset();
  srtp_.reset();
  if (media_->dtls) refuse_media("no certificate for DTLS");
}

/// Nothing is sent or taken in the clear.
void SipSource::Track::refuse_media(std::string_view cause) {
  media_.reset();
  sdes_.reset();
  srtp_.reset();
  source_.log_.error("no SRTP: {}", cause);
}

Result<void> SipSource::Track::use_sdes() {
  sdes_ = media_->srtp;
  srtp_.emplace();
  const SrtpKeys keys = to_srtp_keys(*sdes_);
  if (auto used = srtp_->use_for_rtp(keys); !used) return used;
  return srtp_->use_for_rtcp(keys);
}

/// One handshake a port; with RTCP-mux there is one port (RFC 5764 §4.1).
void SipSource::Track::use_dtls() {
  sdes_.reset();
  const Instant now = source_.loop_.now();
  const bool same = rtp_dtls_ && rtp_dtls_->description() == *media_->dtls &&
                    rtcp_dtls_.has_value() != media_->rtcp_mux;
  if (!same) {
    srtp_.emplace();
    rtp_dtls_.emplace(*source_.options_.dtls, *media_->dtls);
    rtcp_dtls_.reset();
    if (!media_->rtcp_mux) rtcp_dtls_.emplace(*source_.options_.dtls, *media_->dtls);
  }
  rtp_dtls_->describe(media_->remote_rtp, now);
  after_dtls(rtp_dtls_);
  if (!rtcp_dtls_) return;
  rtcp_dtls_->describe(media_->remote_rtcp, now);
  after_dtls(rtcp_dtls_);
}

void SipSource::Track::on_dtls(std::optional<DtlsLeg>& leg, BytesView record,
                               const SocketAddress& from, Instant now) {
  if (!leg) {
    ++stats_.dropped_invalid_total;
    return;
  }
  leg->on_datagram(record, from, now);
  after_dtls(leg);
  source_.tick_stream();
}

/// What a step of the handshake left behind.
void SipSource::Track::after_dtls(std::optional<DtlsLeg>& leg) {
  const bool rtp = &leg == &rtp_dtls_;
  const std::string_view name = kind_ == MediaKind::Audio ? "audio" : "video";
  for (const Bytes& datagram : leg->take_output()) {
    (rtp ? rtp_socket_ : rtcp_socket_)->send(datagram, leg->peer());
  }
  if (const std::string failure = leg->take_failure(); !failure.empty()) {
    source_.log_.warning("no DTLS-SRTP of {} with {}: {}", name, leg->peer().to_string(), failure);
  }
  const auto keys = leg->take_keys();
  if (!keys) return;
  const bool good =
      (!rtp || srtp_->use_for_rtp(*keys)) && ((rtp && rtcp_dtls_) || srtp_->use_for_rtcp(*keys));
  if (!good) return source_.log_.error("no SRTP of {}: OpenSSL refuses", name);
  if (rtp) source_.log_.info("{} is secured by DTLS-SRTP", name);
}

}  // namespace sipcast
