#pragma once
// For tests only: no library code includes this.
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "secure/dtls_client_for_tests.hpp"
#include "secure/srtp.hpp"
#include "secure/stun.hpp"

namespace sipcast {

/// The viewer's end of an IceLitePeer: checks every 500 ms, then DTLS, then SRTP. Bytes and time
/// in, bytes out.
class BrowserForTests {
 public:
  std::string our_ufrag = "brow", our_pwd = "browser-password-browser";
  std::string server_ufrag, server_pwd;
  bool use_candidate = true;
  bool checking = true;  ///< false: a browser that has gone silent
  Duration check_interval = std::chrono::milliseconds(500);

  explicit BrowserForTests(
      const std::string& profiles = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80")
      : dtls_(profiles) {}

  Bytes make_check() {
    ++checks_;
    StunTransactionId transaction{};
    for (size_t i = 0; i < 8; ++i) transaction[i] = static_cast<uint8_t>(checks_ >> (8 * i));
    const std::string username = server_ufrag + ":" + our_ufrag;
    return make_binding_request({.transaction = transaction,
                                 .username = username,
                                 .password = server_pwd,
                                 .use_candidate = use_candidate});
  }
  /// Call often; it knows what is due.
  void on_timer(Instant now) {
    if (checking && (!next_check_ || now >= *next_check_)) {
      output_.push_back(make_check());
      next_check_ = now + check_interval;
    }
    if (dtls_started_ && !dtls_.connected() && now >= next_dtls_) {
      dtls_.retransmit();
      next_dtls_ = now + std::chrono::milliseconds(400);
    }
  }
  void on_datagram(BytesView datagram, Instant now) {
    if (datagram.empty()) return;
    if (datagram[0] <= 3) return on_stun(datagram, now);
    if (datagram[0] >= 20 && datagram[0] <= 63) return on_dtls(datagram);
    on_srtp(datagram);
  }
  std::vector<Bytes> take_output() {
    auto result = std::exchange(output_, {});
    for (Bytes& datagram : dtls_.take_output()) result.push_back(std::move(datagram));
    return result;
  }
  /// Only when connected.
  void send_rtcp(BytesView plain) {
    Bytes sealed(plain.size() + 20);
    sealed.resize(rtcp_sender_->seal(plain, sealed));
    output_.push_back(std::move(sealed));
  }

  DtlsClientForTests& dtls() { return dtls_; }
  bool connected() const { return dtls_.connected(); }
  std::optional<SocketAddress> mapped() const { return mapped_; }
  std::vector<uint16_t> stun_errors;
  std::vector<Bytes> rtp, rtcp;  ///< opened
  size_t bad = 0;                ///< datagrams that did not open

 private:
  void on_stun(BytesView datagram, Instant now) {
    const auto message = parse_stun(datagram);
    if (!message) {
      ++bad;
    } else if (message->error_code != 0) {
      stun_errors.push_back(message->error_code);
    } else if (message->type == kStunBindingSuccess && verify_integrity(*message, server_pwd)) {
      mapped_ = message->mapped;
      if (!dtls_started_) {
        dtls_started_ = true;
        next_dtls_ = now + std::chrono::milliseconds(400);
        dtls_.start();
      }
    }
  }
  void on_dtls(BytesView datagram) {
    dtls_.on_datagram(datagram);
    if (!dtls_.connected() || !dtls_.has_srtp() || rtcp_sender_) return;
    const auto keys = dtls_.keys();
    rtcp_sender_.emplace(std::move(*SrtcpSender::create(keys.local)));
    rtp_receiver_.emplace(std::move(*SrtpReceiver::create(keys.remote)));
    rtcp_receiver_.emplace(std::move(*SrtcpReceiver::create(keys.remote)));
  }
  void on_srtp(BytesView datagram) {
    Bytes plain(datagram.size());
    const bool is_rtcp = datagram.size() > 1 && datagram[1] >= 192 && datagram[1] <= 223;
    const auto size = !rtp_receiver_ ? Result<size_t>(fail(Errc::NotFound))
                      : is_rtcp      ? rtcp_receiver_->open(datagram, plain)
                                     : rtp_receiver_->open(datagram, plain);
    if (!size) {
      ++bad;
      return;
    }
    plain.resize(*size);
    (is_rtcp ? rtcp : rtp).push_back(std::move(plain));
  }

  DtlsClientForTests dtls_;
  std::vector<Bytes> output_;
  uint64_t checks_ = 0;
  std::optional<Instant> next_check_;
  std::optional<SocketAddress> mapped_;
  bool dtls_started_ = false;
  Instant next_dtls_{};
  std::optional<SrtcpSender> rtcp_sender_;
  std::optional<SrtpReceiver> rtp_receiver_;
  std::optional<SrtcpReceiver> rtcp_receiver_;
};

}  // namespace sipcast
