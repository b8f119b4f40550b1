#include "base/check.hpp"
#include "rtp/rtcp.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  namespace rtcp = sipcast::rtcp;
  const auto packets = rtcp::parse({data, size});
  if (!packets) return 0;
  for (const rtcp::Packet& packet : *packets) {
    sipcast::Bytes written;
    rtcp::write(packet, written);
    CHECK(written.size() % 4 == 0);
    const auto again = rtcp::parse(written);
    CHECK(again.has_value() && again->size() == 1);
    CHECK(again->front().index() == packet.index());
  }
  return 0;
}
