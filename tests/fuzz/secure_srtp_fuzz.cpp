#include <array>

#include "secure/dtls_session.hpp"
#include "secure/srtp.hpp"

using namespace sipcast;

/// The first byte chooses profile and protocol; the rest are packets, each behind its 16-bit
/// length. Some are sealed first, so that what lies behind authentication is reached.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader in({data, size});
  const uint8_t choice = in.u8();
  const SrtpMasterKey key{.profile = choice & 1 ? SrtpProfile::AeadAes128Gcm
                                                : SrtpProfile::AesCm128HmacSha1_80};
  auto sender = SrtpSender::create(key);
  auto rtcp_sender = SrtcpSender::create(key);
  auto receiver = SrtpReceiver::create(key);
  auto rtcp_receiver = SrtcpReceiver::create(key);
  std::array<uint8_t, 2048> sealed;
  std::array<uint8_t, 2048> out;
  while (in.remaining() > 2) {
    const uint16_t length = in.u16();
    const bool seal = (length & 0x8000) != 0;
    const bool rtcp = (length & 0x4000) != 0;
    const BytesView packet = in.bytes(std::min<size_t>(length & 0x7ff, in.remaining()));
    BytesView wire = packet;
    if (seal && packet.size() >= 12) {
      const size_t written = rtcp ? rtcp_sender->seal(packet, sealed)
                                  : sender->seal(packet.first(12), packet.subspan(12), sealed);
      wire = BytesView(sealed).first(written);
    }
    (void)(rtcp ? rtcp_receiver->open(wire, out) : receiver->open(wire, out));
    (void)alert_record(packet);
    (void)starts_client_hello(packet);
  }
  return 0;
}
