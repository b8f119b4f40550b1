#pragma once
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast {

/// The whole of a small file. Blocks. Errors: NotFound, Io; Exhausted above `max` bytes.
Result<std::string> read_file(const std::string& path, size_t max);

/// Puts `text` in the place of the file at once: who reads it sees the old one or the new one, also
/// after a crash. Only its owner may read it. Blocks. Errors: Io.
Result<void> replace_file(const std::string& path, std::string_view text);

}  // namespace sipcast
