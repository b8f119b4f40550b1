#pragma once
#include <string>

#include "base/result.hpp"

namespace sipcast::ffmpeg {

/// Writes the fragmented MP4 `from` as `to` with all of its index in front (moov before mdat), so
/// that players seek in it without having all of it. Nothing is encoded again. Blocks, for as long
/// as it takes to read and write the file twice. Errors: Io, BadSyntax (`from` is no MP4). `to` is
/// left behind when that fails.
Result<void> make_progressive_mp4(const std::string& from, const std::string& to);

}  // namespace sipcast::ffmpeg
