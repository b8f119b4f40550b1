#pragma once
#include <cstdint>
#include <memory>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "base/time.hpp"
#include "media/track.hpp"
#include "net/media_loop.hpp"

namespace sipcast::phone {

/// A pair of UDP sockets, RTP on an even port and RTCP on the next (RFC 3550 §11). What comes in is
/// sorted by RFC 5761 §4, whichever port it took. Media loop.
class MediaPort {
 public:
  class Observer {
   public:
    virtual ~Observer() = default;
    virtual void on_rtp(MediaKind kind, BytesView datagram, Instant now) = 0;
    virtual void on_rtcp(MediaKind kind, BytesView datagram, Instant now) = 0;
  };
  struct Range {
    uint16_t first = 0, last = 0;
  };
  /// Tries random pairs within the range. Errors: Io, the last one met.
  static Result<std::unique_ptr<MediaPort>> open(MediaLoop& loop, const SocketAddress& ip,
                                                 Range range, MediaKind kind, Observer& observer);
  uint16_t rtp_port() const { return rtp_->local_address().port(); }
  void send_rtp(BytesView packet, const SocketAddress& to) { rtp_->send(packet, to); }
  /// From the RTP port when muxed.
  void send_rtcp(BytesView packet, const SocketAddress& to, bool mux) {
    (mux ? rtp_ : rtcp_)->send(packet, to);
  }

 private:
  class Reader final : public DatagramReader {
   public:
    Reader(MediaKind kind, Observer& observer) : kind_(kind), observer_(observer) {}
    void on_datagram(BytesView datagram, const SocketAddress& from, Instant now) override;

   private:
    MediaKind kind_;
    Observer& observer_;
  };
  MediaPort(MediaKind kind, Observer& observer) : reader_(kind, observer) {}
  Reader reader_;
  std::unique_ptr<UdpSocket> rtp_, rtcp_;
};

}  // namespace sipcast::phone
