#include "base/check.hpp"
#include "secure/stun.hpp"
#include "webrtc/ice_lite_peer.hpp"

using namespace sipcast;

namespace {

class Owner : public IceLitePeer::Io {
 public:
  void send(BytesView datagram, const SocketAddress& to) override {
    CHECK(!datagram.empty() && datagram.size() <= 1500 && !to.empty());
  }
  void on_connected() override {}
  void on_rtcp(BytesView, Instant) override {}
  void on_ended(std::string_view) override { CHECK(++ended_ == 1); }

 private:
  int ended_ = 0;
};

}  // namespace

/// Records of 4 bytes and a datagram: what (an authenticated check, time, or the bytes as they
/// are), from where, and the length.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const DtlsContext dtls = std::move(DtlsContext::create().value());
  Owner owner;
  Instant now{};
  const IceLitePeer::Options options{.local_ufrag = "ours",
                                     .local_pwd = "password",
                                     .remote_ufrag = "theirs",
                                     .remote_pwd = "other",
                                     .remote_fingerprint = dtls.fingerprint()};
  IceLitePeer peer(options, dtls, owner, now, Logger::none());
  const uint8_t ip[4] = {192, 0, 2, 1};
  ByteReader in({data, size});
  while (in.remaining() >= 4) {
    const uint8_t what = in.u8();
    const SocketAddress from = SocketAddress::from_ip_bytes(ip, static_cast<uint16_t>(in.u8() % 3));
    const BytesView bytes = in.bytes(std::min<size_t>(in.u16() % 1600, in.remaining()));
    switch (what % 4) {
      case 0:
        peer.on_datagram(
            make_binding_request(
                {.username = "ours:theirs", .password = "password", .use_candidate = true}),
            from, now);
        break;
      case 1:
        now += std::chrono::milliseconds(40 * what);
        peer.on_timer(now);
        break;
      default:
        (void)stun_local_ufrag(bytes);
        peer.on_datagram(bytes, from, now);
    }
    (void)peer.deadline();
  }
  peer.close();
  return 0;
}
