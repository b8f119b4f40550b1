#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::hls {

/// One file of a stream: an initialisation section, a segment or a part. The name begins with the
/// run: a word that no other call of the same name has, so that caches may keep files.
struct FileName {
  enum class Kind : uint8_t { Init, Segment, Part };
  Kind kind;
  std::string_view run;
  uint64_t number;    ///< of the section; the Media Sequence Number otherwise
  uint64_t part = 0;  ///< of the segment, from 0
  std::string to_string() const;
};
/// "run-i0.mp4", "run-17.m4s", "run-17-3.m4s"; none for all else. The run points into `name`.
std::optional<FileName> parse_file_name(std::string_view name);

/// What a player wants of a playlist (RFC 8216bis §6.2.5: delivery directives).
struct Reload {
  std::optional<uint64_t> msn;   ///< not before it has this segment, or
  std::optional<uint64_t> part;  ///< this part of it
  bool skip = false;             ///< without what the player has already
};
/// From the values of _HLS_msn, _HLS_part and _HLS_skip; "" when absent. Errors: InvalidArgument
/// naming the directive.
Result<Reload> parse_reload(std::string_view msn, std::string_view part, std::string_view skip);

}  // namespace sipcast::hls
