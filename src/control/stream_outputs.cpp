#include "control/stream_outputs.hpp"

#include <algorithm>

namespace sipcast {
namespace {
constexpr Duration kTick = std::chrono::milliseconds(100);
}

StreamOutputs::StreamOutputs(Options options, MediaLoop& loop, Logger log)
    : options_(options),
      loop_(loop),
      log_(std::move(log)),
      encoders_("encode", options.encoder_threads) {}

StreamOutputs::~StreamOutputs() = default;

void StreamOutputs::add(OutputId id, const StreamName& stream, FrameCodec audio, FrameSinkPtr sink,
                        Failed failed) {
  const auto [at, added] =
      outputs_.emplace(id.value, Output{stream, audio, std::move(sink), std::move(failed)});
  if (!added) return;
  if (const auto found = streams_.find(stream.value); found != streams_.end()) {
    attach(found->second, at->second);
  }
}

void StreamOutputs::remove(OutputId id) {
  const auto node = outputs_.extract(id.value);
  if (node.empty()) return;
  const auto found = streams_.find(node.mapped().stream.value);
  if (found == streams_.end() || !found->second.assembler) return;
  Frames& frames = found->second;
  frames.assembler->remove(node.mapped().sink.get());
  if (!frames.assembler->empty()) return;
  frames.timer.cancel();
  frames.assembler.reset();
}

void StreamOutputs::attach(Frames& frames, const Output& output) {
  if (!frames.assembler) {
    const auto strand = encoders_.make_strand();
    frames.assembler = std::make_unique<FrameAssembler>(
        options_.frames,
        FrameAssembler::Threads{
            .apart = [strand](FrameAssembler::Task job) { return strand.run(std::move(job)); },
            .back = [this](FrameAssembler::Task task) { loop_.post(std::move(task)); }},
        *frames.stream, log_.with("stream", output.stream.value));
    frames.timer =
        loop_.at(loop_.now() + kTick, [this, name = output.stream.value] { tick(name); });
  }
  const auto added = frames.assembler->add(output.sink, output.audio, loop_.now());
  if (!added) output.failed(added.error());
}

void StreamOutputs::tick(const std::string& name) {
  const auto found = streams_.find(name);
  if (found == streams_.end() || !found->second.assembler) return;
  Frames& frames = found->second;
  frames.assembler->on_timer(loop_.now());
  frames.timer = loop_.at(loop_.now() + kTick, [this, name] { tick(name); });
}

void StreamOutputs::on_stream_opened(Stream& stream) {
  Frames& frames = streams_.try_emplace(stream.name().value, Frames{&stream, {}, {}}).first->second;
  for (const auto& [id, output] : outputs_) {
    if (output.stream == stream.name()) attach(frames, output);
  }
}

void StreamOutputs::on_stream_closing(const StreamName& name) {
  streams_.erase(name.value);
  std::erase_if(outputs_, [&](const auto& entry) { return entry.second.stream == name; });
}

size_t StreamOutputs::count(const StreamName& stream) const {
  return static_cast<size_t>(std::ranges::count_if(
      outputs_, [&](const auto& entry) { return entry.second.stream == stream; }));
}

}  // namespace sipcast
