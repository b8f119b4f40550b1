#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "media/frame.hpp"

namespace sipcast::ffmpeg {

/// Sound as AAC blocks of 1024 samples at 48 kHz mono: what a push sends in place of a call's.
struct Sound {
  std::vector<Bytes> blocks;  ///< one at least
};
using SoundPtr = std::shared_ptr<const Sound>;

/// A second of silence.
Result<SoundPtr> make_silence(int bitrate_bps);
/// Decodes any file that FFmpeg reads, at most ten minutes of it. Blocks for as long as that takes.
/// Errors: NotFound, BadSyntax (no sound in it), Internal.
Result<SoundPtr> load_sound(const std::string& path, int bitrate_bps);

}  // namespace sipcast::ffmpeg
