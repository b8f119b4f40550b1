#include "control/ws/mse_playback.hpp"

#include <fmt/format.h>

namespace sipcast::ws {

MsePlayback::MsePlayback(MediaPlane& media, StreamName stream, uint64_t key,
                         MseSender::Events events, std::function<void(const Error&)> failed)
    : media_(media),
      stream_(std::move(stream)),
      key_(key),
      failed_(std::move(failed)),
      sender_(std::make_shared<MseSender>(std::move(events))) {
  ask();
}

MsePlayback::~MsePlayback() {
  media_.worker_for(stream_).remove_output(OutputId{key_});
  if (transport_) transport_->close("the stream has ended");
}

void MsePlayback::ask() {
  media_.worker_for(stream_).add_output(OutputId{key_}, stream_, FrameCodec::Aac, sender_, failed_);
}

void MsePlayback::connect(std::shared_ptr<http::WsConnection> transport) {
  transport_ = std::move(transport);
  sender_->connect(
      {.send = [to = transport_](std::string bytes) { to->send_binary(std::move(bytes)); },
       .queued = [to = transport_] { return to->queued_bytes(); }});
  // Anew, so that the phone is asked for a keyframe now.
  media_.worker_for(stream_).remove_output(OutputId{key_});
  ask();
}

std::string mse_answer(const TrackList& tracks) {
  // There is always sound: silence where the call has none.
  return fmt::format(
      "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\n"
      "m=video {} RTP/AVP 112\r\na=rtpmap:112 H264/90000\r\na=sendonly\r\n"
      "m=audio 1 RTP/AVP 108\r\na=rtpmap:108 mpeg4-generic/48000/1\r\na=sendonly\r\n",
      tracks.video ? 1 : 0);
}

}  // namespace sipcast::ws
