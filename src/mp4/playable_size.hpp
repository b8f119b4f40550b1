#pragma once
#include <cstdint>
#include <functional>
#include <span>

namespace sipcast::mp4 {

/// Reads exactly as many bytes as fit, from `offset` on; false when it cannot.
using ReadAt = std::function<bool(uint64_t offset, std::span<uint8_t> into)>;

/// Bytes from the beginning of a fragmented MP4 file (ISO 14496-12 §8.8) that are whole: ftyp, moov
/// and all pairs of moof and mdat up to the first box that is cut off, is unknown or has a length
/// that cannot be. 0 when not even one fragment is whole.
uint64_t playable_size(uint64_t file_size, const ReadAt& read);

}  // namespace sipcast::mp4
