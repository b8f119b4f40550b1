#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/frame.hpp"

namespace sipcast::ffmpeg {

enum class Container : uint8_t {
  Flv,            ///< H.264 and AAC
  FragmentedMp4,  ///< H.264 and AAC or Opus; fragments as Muxer::cut says
  WebM,           ///< VP8 and Opus; a cluster as Muxer::cut says
};

/// What is written: one of both at least.
struct MuxedTracks {
  FrameFormatPtr video, audio;
};

/// Where an RTMP server is, and how it is spoken to.
struct RtmpServer {
  std::string url;     ///< rtmp[s]://[user:password@]host:port/app/playpath: what to connect to
  std::string tc_url;  ///< what the server is told that it is called
  std::string app, playpath;  ///< as the server is told
  std::string flash_version;  ///< "" for FFmpeg's
  bool verify_tls = true;
  std::string ca_file;               ///< PEM; "" for the system's
  std::vector<std::string> secrets;  ///< what no error may quote
};

/// Asked every few ms while FFmpeg waits for a peer: true ends the wait.
using Interrupted = std::function<bool()>;

/// Writes frames into a container: into bytes, or to an RTMP server. One thread at a time; RTMP
/// blocks until the bytes are in the kernel or `Interrupted` says so.
class Muxer {
 public:
  /// What a run of bytes is.
  enum class Piece : uint8_t {
    Header,        ///< MP4: the initialisation section, in one or more pieces
    FromKeyframe,  ///< begins with a keyframe
    Other,
  };
  /// False: it could not be taken, and nothing more will be.
  using Take = std::function<bool(BytesView bytes, Piece piece)>;

  /// Errors: InvalidArgument (no track, a codec that the container does not carry), Internal.
  static Result<Muxer> to_bytes(Container container, MuxedTracks tracks, Take take);
  /// Connects and publishes. Errors: those of above; Refused, Timeout (interrupted), Io with what
  /// the server said or FFmpeg found. The cause quotes no secret.
  static Result<Muxer> to_rtmp(const RtmpServer& server, MuxedTracks tracks,
                               Interrupted interrupted);
  Muxer(Muxer&&) noexcept;
  Muxer& operator=(Muxer&&) noexcept;
  /// Closes; what is not cut yet is lost, an RTMP server is not told good-bye.
  ~Muxer();

  /// `start` is the container's zero. Errors: Io (the peer or Take refused), Timeout, Internal.
  /// MP4 and WebM tell how long a picture lasts, so it is kept until the next one comes.
  Result<void> write(const FramePtr& frame, Instant start);
  /// The same with another payload in its place, at once.
  Result<void> write(const Frame& frame, BytesView payload, Instant start);
  /// Ends the fragment: what was written, but for a picture that is kept, is with Take now.
  Result<void> cut();
  /// Ends the container; nothing may be written any more.
  Result<void> finish();
  /// Bytes that went to an RTMP server.
  uint64_t bytes_written() const;

 private:
  struct State;
  explicit Muxer(std::unique_ptr<State> state);
  Result<void> put(const Frame& frame, BytesView payload, Instant start, Duration duration);
  static Result<std::unique_ptr<State>> prepare(Container container, MuxedTracks tracks);
  std::unique_ptr<State> state_;
};

}  // namespace sipcast::ffmpeg
