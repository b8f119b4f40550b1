#include "config/config_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/text.hpp"

namespace sipcast::config {

ConfigLines parse_config(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  ConfigLines result;
  size_t number = 0;
  while (!text.empty()) {
    const auto [raw, rest] = cut(text, '\n');
    text = rest;
    ++number;
    const std::string_view line = trim(raw);
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const size_t separator = line.find_first_of("=:");
    const std::string_view key = trim(line.substr(0, separator));
    if (separator == std::string_view::npos || key.empty()) {
      result.unreadable.push_back(number);
    } else {
      result.lines.push_back({number, key, trim(line.substr(separator + 1))});
    }
  }
  return result;
}

Result<std::string> read_config_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return fail(Errc::Io, std::strerror(errno));
  std::string text(kMaxConfigBytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad()) return fail(Errc::Io, "it cannot be read");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.empty() && !in.eof()) return fail(Errc::Io, "it cannot be read");
  if (text.size() > kMaxConfigBytes) return fail(Errc::Exhausted, "larger than 1 MiB");
  return text;
}

}  // namespace sipcast::config
