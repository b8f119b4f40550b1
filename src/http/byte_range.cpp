#include "http/byte_range.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::http {
namespace {
constexpr std::string_view kUnit = "bytes=";
}

ByteRange parse_byte_range(std::string_view header, uint64_t size) {
  const ByteRange whole{.length = size};
  header = trim(header);
  if (header.size() < kUnit.size() || !iequals(header.substr(0, kUnit.size()), kUnit)) return whole;
  header.remove_prefix(kUnit.size());
  const size_t dash = header.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view from = trim(header.substr(0, dash)), to = trim(header.substr(dash + 1));
  const auto first = parse_decimal(from), last = parse_decimal(to);
  if (from.empty() && last) {  // the last so many bytes
    const uint64_t length = std::min(*last, size);
    if (length == 0) return {.kind = ByteRange::Kind::Unsatisfiable};
    return {.kind = ByteRange::Kind::Part, .first = size - length, .length = length};
  }
  if (!first || (!last && !to.empty()) || (last && *last < *first)) return whole;
  if (*first >= size) return {.kind = ByteRange::Kind::Unsatisfiable};
  const uint64_t end = last ? std::min(*last, size - 1) : size - 1;
  return {.kind = ByteRange::Kind::Part, .first = *first, .length = end - *first + 1};
}

}  // namespace sipcast::http
