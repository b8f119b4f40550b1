#include "phone/media_port.hpp"

#include "base/random.hpp"
#include "rtp/rtp_parser.hpp"

namespace sipcast::phone {
namespace {

constexpr int kAttempts = 50;

uint16_t random_even_port(MediaPort::Range range) {
  const unsigned first = (range.first + 1u) & ~1u;
  const unsigned pairs = range.last > first ? (range.last - first + 1) / 2 : 1;
  return static_cast<uint16_t>(first + 2 * (random_u32() % pairs));
}

}  // namespace

Result<std::unique_ptr<MediaPort>> MediaPort::open(MediaLoop& loop, const SocketAddress& ip,
                                                   Range range, MediaKind kind,
                                                   Observer& observer) {
  std::unique_ptr<MediaPort> port(new MediaPort(kind, observer));
  Error last{Errc::Exhausted, "no media port is free"};
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    const uint16_t even = random_even_port(range);
    auto rtp = loop.bind(ip.with_port(even), port->reader_);
    if (!rtp) {
      last = rtp.error();
      continue;
    }
    auto rtcp = loop.bind(ip.with_port(static_cast<uint16_t>(even + 1)), port->reader_);
    if (!rtcp) {
      last = rtcp.error();
      continue;
    }
    port->rtp_ = std::move(*rtp);
    port->rtcp_ = std::move(*rtcp);
    return port;
  }
  return std::unexpected(last);
}

void MediaPort::Reader::on_datagram(BytesView datagram, const SocketAddress&, Instant now) {
  if (is_rtcp(datagram)) {
    observer_.on_rtcp(kind_, datagram, now);
  } else {
    observer_.on_rtp(kind_, datagram, now);
  }
}

}  // namespace sipcast::phone
