// A stranger's datagrams at the port of a handshake, and any fingerprint in the SDP.
#include <cstdint>

#include "base/check.hpp"
#include "ingest/dtls_leg.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const DtlsContext context = std::move(DtlsContext::create().value());
  ByteReader in(BytesView(data, size));
  const uint8_t choices = in.u8();
  DtlsLeg leg(context, {.fingerprint = std::string(as_text(in.bytes(in.u8()))),
                        .passive = (choices & 1) != 0});
  const SocketAddress named = *SocketAddress::parse("192.0.2.2", 4000);
  const SocketAddress other = *SocketAddress::parse("192.0.2.3", 4000);
  Instant now{};
  leg.describe(named, now);
  while (in.remaining() > 0) {
    const uint8_t step = in.u8();
    const size_t length = in.u16();
    leg.on_datagram(in.bytes(std::min(length, in.remaining())), step & 1 ? named : other, now);
    if (step & 2) now += std::chrono::seconds(3);
    if (step & 4) leg.describe(named, now);
    leg.on_timer(now);
    leg.take_output();
    CHECK(!leg.take_keys());
  }
  return 0;
}
