#include "ctl/table.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::ctl {
namespace {

/// In characters: continuation bytes of UTF-8 have no place of their own.
size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(printable(row[i], 1000)));
    }
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string cell = printable(row[i], 1000);
      text += cell;
      if (i + 1 < row.size()) text.append(widths[i] - width_of(cell) + 2, ' ');
    }
    text += '\n';
  }
  return text;
}

}  // namespace sipcast::ctl
