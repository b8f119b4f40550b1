#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sipcast::config {

inline constexpr size_t kMaxConfigBytes = 1024 * 1024;

/// One `key = value` of a file; the views point into its text.
struct ConfigLine {
  size_t number;  ///< from 1
  std::string_view key;
  std::string_view value;  ///< may be empty
};

struct ConfigLines {
  std::vector<ConfigLine> lines;
  std::vector<size_t> unreadable;  ///< numbers of lines that are neither assignment nor comment
};

/// Cuts a file into assignments. The key ends at the first `=`, or `:` where no `=` is before; a
/// UTF-8 byte order mark and CR line ends are borne. Any bytes are fine.
ConfigLines parse_config(std::string_view text);

/// Errors: Io with the system's words; Exhausted over 1 MiB.
Result<std::string> read_config_file(const std::string& path);

}  // namespace sipcast::config
