#include "rtp/video_normalizer.hpp"

#include <utility>

#include "base/check.hpp"
#include "rtp/h264_frame_builder.hpp"
#include "rtp/vp8_frame_builder.hpp"

namespace sipcast {
namespace {
using Built = FrameBuilder::Built;
using Part = FrameBuilder::Part;
using Position = FrameBuilder::Position;

constexpr size_t kLeastPayload = 64;  // smaller ones would be all headers

std::unique_ptr<FrameBuilder> make_builder(const VideoNormalizer::Options& options) {
  CHECK(kind_of(options.codec) == MediaKind::Video);
  CHECK(options.max_payload >= kLeastPayload);
  if (options.codec == Codec::H264) return std::make_unique<H264FrameBuilder>(options);
  return std::make_unique<Vp8FrameBuilder>(options);
}
}  // namespace

struct VideoNormalizer::Impl {
  explicit Impl(const Options& options) : builder(make_builder(options)) {}

  /// What is to become of a frame.
  enum class Verdict : uint8_t {
    Good,
    Damaged,
    Invalid,
    Headless,  ///< the rest of a frame whose first part was dropped, and counted
  };
  struct OpenFrame {
    RtpTimestamp timestamp;
    Instant arrival;
    Verdict verdict = Verdict::Good;
    Part part = Part::Whole;
    bool ended = false;  ///< by a marker that we believe
  };
  struct LastFrame {
    RtpTimestamp timestamp;
    bool by_marker = false;
    bool dropped = false;
  };

  void push(const RtpView& rtp, Instant arrival, std::vector<NormalFrame>& out);
  void begin(RtpTimestamp timestamp, Position position);
  void recognise_rest(Position position);
  void on_marker(std::vector<NormalFrame>& out);
  void condemn(Verdict verdict);
  void finish(bool by_marker, std::vector<NormalFrame>& out);
  void drop(uint64_t& counter);
  bool emit(std::vector<NormalFrame>& out);

  std::unique_ptr<FrameBuilder> builder;
  std::optional<OpenFrame> open;
  std::optional<LastFrame> last;
  bool gap = true;  // before the next payload; what was before the first packet is unknown as well
  bool believe_markers = true;
  bool needs_keyframe = true;
  VideoNormalizerStats stats;
};

void VideoNormalizer::Impl::push(const RtpView& rtp, Instant arrival,
                                 std::vector<NormalFrame>& out) {
  const bool same = open && open->timestamp == rtp.timestamp;
  if (rtp.payload.empty()) {  // padding; some senders set their marker on it
    if (same && rtp.marker && !gap) on_marker(out);
    return;
  }
  if (open && !same) {
    if (gap && !open->ended) condemn(Verdict::Damaged);  // its end may be missing
    finish(false, out);
  }
  const Position position = builder->position(rtp.payload);
  if (!open) {
    begin(rtp.timestamp, position);
  } else if (gap &&
             (builder->has_picture() || builder->in_fragment() || position != Position::Start)) {
    condemn(Verdict::Damaged);
  }
  // Even between two whole frames a gap is a frame that others refer to.
  if (std::exchange(gap, false)) needs_keyframe = true;
  recognise_rest(position);
  open->arrival = arrival;
  open->ended = false;
  if (!builder->add(rtp.payload)) condemn(Verdict::Invalid);
  if (rtp.marker) on_marker(out);
}

void VideoNormalizer::Impl::begin(RtpTimestamp timestamp, Position position) {
  open = OpenFrame{.timestamp = timestamp, .arrival = {}};
  if (gap && position != Position::Start) condemn(Verdict::Damaged);
}

/// A payload from the middle of the frame that was given out already: its marker came too early,
/// or the frame was flushed.
void VideoNormalizer::Impl::recognise_rest(Position position) {
  if (!last || last->timestamp != open->timestamp || position != Position::Middle) return;
  if (open->part == Part::Rest || builder->has_picture()) return;
  open->part = Part::Rest;
  if (last->by_marker) believe_markers = false;
  if (last->dropped) condemn(Verdict::Headless);
  needs_keyframe = true;  // viewers have decoded an incomplete picture
}

void VideoNormalizer::Impl::on_marker(std::vector<NormalFrame>& out) {
  if (!believe_markers) return;
  if (builder->in_fragment()) {
    believe_markers = false;
    return;
  }
  open->ended = true;
  // Parameter sets with a marker of their own; the picture may still follow with this timestamp.
  if (open->verdict == Verdict::Good && !builder->has_picture()) return;
  finish(true, out);
}

/// The first reason counts. What was gathered is forgotten, so that no fragment is continued over a
/// hole.
void VideoNormalizer::Impl::condemn(Verdict verdict) {
  if (open->verdict == Verdict::Good || verdict == Verdict::Headless) open->verdict = verdict;
  builder->clear();
}

void VideoNormalizer::Impl::drop(uint64_t& counter) {
  ++counter;
  needs_keyframe = true;
}

void VideoNormalizer::Impl::finish(bool by_marker, std::vector<NormalFrame>& out) {
  bool given_out = false;
  switch (open->verdict) {
    case Verdict::Good:
      if (!builder->has_picture()) {  // parameter sets alone are kept, and make no frame
        builder->clear();
        open.reset();
        return;
      }
      given_out = emit(out);
      break;
    case Verdict::Damaged:
      drop(stats.frames_dropped_damaged_total);
      break;
    case Verdict::Invalid:
      drop(stats.frames_dropped_invalid_total);
      break;
    case Verdict::Headless:
      break;
  }
  builder->clear();
  last = LastFrame{.timestamp = open->timestamp, .by_marker = by_marker, .dropped = !given_out};
  open.reset();
}

/// True when the frame went out.
bool VideoNormalizer::Impl::emit(std::vector<NormalFrame>& out) {
  NormalFrame frame{
      .timestamp = open->timestamp, .arrival = open->arrival, .keyframe = false, .payloads = {}};
  switch (builder->build(open->part, needs_keyframe, frame.payloads)) {
    case Built::Keyframe:
      frame.keyframe = true;
      needs_keyframe = false;
      ++stats.keyframes_total;
      break;
    case Built::Delta:
      break;
    case Built::NoParameterSets:
      drop(stats.frames_dropped_no_parameter_sets_total);
      return false;
    case Built::Invalid:
      drop(stats.frames_dropped_invalid_total);
      return false;
  }
  ++stats.frames_total;
  out.push_back(std::move(frame));
  return true;
}

VideoNormalizer::VideoNormalizer(Options options) : impl_(std::make_unique<Impl>(options)) {}
VideoNormalizer::~VideoNormalizer() = default;
VideoNormalizer::VideoNormalizer(VideoNormalizer&&) noexcept = default;
VideoNormalizer& VideoNormalizer::operator=(VideoNormalizer&&) noexcept = default;

void VideoNormalizer::push(const RtpView& rtp, Instant arrival, bool gap_before,
                           std::vector<NormalFrame>& out) {
  impl_->gap = impl_->gap || gap_before;
  impl_->push(rtp, arrival, out);
}

void VideoNormalizer::flush(std::vector<NormalFrame>& out) {
  if (impl_->open && !impl_->builder->in_fragment()) impl_->finish(false, out);
}

bool VideoNormalizer::has_pending() const {
  return impl_->open && impl_->open->verdict == Impl::Verdict::Good &&
         impl_->builder->has_picture() && !impl_->builder->in_fragment();
}
bool VideoNormalizer::needs_keyframe() const { return impl_->needs_keyframe; }
std::optional<VideoSize> VideoNormalizer::size() const { return impl_->builder->size(); }
uint32_t VideoNormalizer::h264_profile_level_id() const {
  return impl_->builder->profile_level_id();
}
const VideoNormalizerStats& VideoNormalizer::stats() const { return impl_->stats; }

}  // namespace sipcast
