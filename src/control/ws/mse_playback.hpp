#pragma once
#include <memory>
#include <string>

#include "control/media_worker.hpp"
#include "egress/mse_sender.hpp"
#include "http/http.hpp"

namespace sipcast::ws {

/// One stream that a page plays by the SDK's MSE provider: the stream's frames, and the second
/// WebSocket that they leave by. On the web loop.
class MsePlayback {
 public:
  /// Asks for the stream's frames; `events` come from its loop.
  MsePlayback(MediaPlane& media, StreamName stream, uint64_t key, MseSender::Events events,
              std::function<void(const Error&)> failed);
  ~MsePlayback();
  MsePlayback(const MsePlayback&) = delete;

  bool wants_transport() const { return answered_ && !transport_; }
  void answered() { answered_ = true; }
  /// Frames go there from the next keyframe on.
  void connect(std::shared_ptr<http::WsConnection> transport);
  bool uses(const http::WsConnection* transport) const { return transport_.get() == transport; }

 private:
  void ask();
  MediaPlane& media_;
  StreamName stream_;
  uint64_t key_;
  std::function<void(const Error&)> failed_;
  std::shared_ptr<MseSender> sender_;
  std::shared_ptr<http::WsConnection> transport_;
  bool answered_ = false;
};

/// What the SDK takes as an answer to its pseudo-offer: port 0 where there is no such track.
std::string mse_answer(const TrackList& tracks);

}  // namespace sipcast::ws
