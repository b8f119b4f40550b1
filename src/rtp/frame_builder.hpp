#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "rtp/video_normalizer.hpp"

namespace sipcast {

/// The codec's part of VideoNormalizer: gathers the payloads of one frame and cuts it anew. It
/// knows nothing of markers, timestamps and gaps.
class FrameBuilder {
 public:
  /// What a payload shows about its place in a frame.
  enum class Position : uint8_t {
    Start,    ///< nothing of the picture can be missing in front of it
    Middle,   ///< something of the picture must be in front of it
    Unknown,  ///< says nothing
  };

  /// What became of a frame.
  enum class Built : uint8_t { Keyframe, Delta, NoParameterSets, Invalid };

  /// Which part of a frame is to be built.
  enum class Part : uint8_t {
    Whole,
    Rest,  ///< the first part went out already: no parameter sets, no keyframe
  };

  virtual ~FrameBuilder() = default;
  virtual Position position(BytesView payload) const = 0;
  /// Takes the next payload; false when it breaks the payload format or the frame is too large.
  virtual bool add(BytesView payload) = 0;
  /// True when something of a picture was taken, not only what goes with it.
  virtual bool has_picture() const = 0;
  /// True when the last payload must go on in the next one.
  virtual bool in_fragment() const = 0;
  /// Appends the frame's payloads; then, whatever the outcome, the next frame may begin.
  /// @param after_loss  frames since the last keyframe are missing
  virtual Built build(Part part, bool after_loss, std::vector<Bytes>& payloads) = 0;
  /// Forgets the frame. Parameter sets stay.
  virtual void clear() = 0;
  virtual std::optional<VideoSize> size() const = 0;
  virtual uint32_t profile_level_id() const = 0;  ///< H.264; else 0
};

}  // namespace sipcast
