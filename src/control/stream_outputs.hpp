#pragma once
#include <functional>
#include <map>
#include <memory>

#include "base/worker_pool.hpp"
#include "egress/frame_assembler.hpp"
#include "net/media_loop.hpp"

namespace sipcast {

/// Names a push, a recording and the like to the media loops.
using OutputId = Strong<struct OutputIdTag, uint64_t>;

/// The outputs of one media loop's streams that want frames: a FrameAssembler for each stream that
/// has any, a thread that encodes for all of them. An output may come before its stream does. On
/// the media loop.
class StreamOutputs {
 public:
  struct Options {
    FrameAssembler::Options frames;
    size_t encoder_threads = 1;
  };
  StreamOutputs(Options options, MediaLoop& loop, Logger log);
  ~StreamOutputs();

  using Failed = std::function<void(const Error&)>;
  void add(OutputId id, const StreamName& stream, FrameCodec audio, FrameSinkPtr sink,
           Failed failed);
  void remove(OutputId id);
  void on_stream_opened(Stream& stream);
  /// Before the stream goes; its outputs have heard of the end.
  void on_stream_closing(const StreamName& name);
  size_t count(const StreamName& stream) const;

 private:
  struct Output {
    StreamName stream;
    FrameCodec audio;
    FrameSinkPtr sink;
    Failed failed;
  };
  struct Frames {
    Stream* stream;
    std::unique_ptr<FrameAssembler> assembler;  // null while nobody wants frames
    MediaLoop::Timer timer;
  };
  void attach(Frames& frames, const Output& output);
  void tick(const std::string& name);

  Options options_;
  MediaLoop& loop_;
  Logger log_;
  std::map<std::string, Frames> streams_;
  std::map<uint64_t, Output> outputs_;
  WorkerPool encoders_;  // last: its jobs end before the rest goes
};

}  // namespace sipcast
