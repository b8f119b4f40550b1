#include "hls/request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::hls {
namespace {
constexpr uint64_t kMost = UINT32_MAX;

bool strip_end(std::string_view& text, std::string_view end) {
  if (!text.ends_with(end)) return false;
  text.remove_suffix(end.size());
  return true;
}
}  // namespace

std::string FileName::to_string() const {
  switch (kind) {
    case Kind::Init:
      return fmt::format("{}-i{}.mp4", run, number);
    case Kind::Segment:
      return fmt::format("{}-{}.m4s", run, number);
    case Kind::Part:
      return fmt::format("{}-{}-{}.m4s", run, number, part);
  }
  std::unreachable();
}

std::optional<FileName> parse_file_name(std::string_view name) {
  const auto [run, rest] = cut(name, '-');
  if (run.empty() || rest.empty()) return {};
  std::string_view what = rest;
  if (strip_end(what, ".mp4")) {
    if (!what.starts_with('i')) return {};
    const auto number = parse_decimal(what.substr(1), kMost);
    if (!number) return {};
    return FileName{.kind = FileName::Kind::Init, .run = run, .number = *number};
  }
  if (!strip_end(what, ".m4s")) return {};
  const bool has_part = what.find('-') != std::string_view::npos;
  const auto [first, second] = cut(what, '-');
  const auto number = parse_decimal(first, kMost);
  if (!number) return {};
  if (!has_part) return FileName{.kind = FileName::Kind::Segment, .run = run, .number = *number};
  const auto part = parse_decimal(second, kMost);
  if (!part) return {};
  return FileName{.kind = FileName::Kind::Part, .run = run, .number = *number, .part = *part};
}

Result<Reload> parse_reload(std::string_view msn, std::string_view part, std::string_view skip) {
  Reload reload;
  const auto number = [](std::string_view name, std::string_view text,
                         std::optional<uint64_t>& into) -> Result<void> {
    if (text.empty()) return {};
    into = parse_decimal(text, kMost);
    if (!into) return fail(Errc::InvalidArgument, std::string(name) + " is no whole number");
    return {};
  };
  if (auto good = number("_HLS_msn", msn, reload.msn); !good) return std::unexpected(good.error());
  if (auto good = number("_HLS_part", part, reload.part); !good) {
    return std::unexpected(good.error());
  }
  if (reload.part && !reload.msn) {
    return fail(Errc::InvalidArgument, "_HLS_part wants _HLS_msn beside it");
  }
  if (!skip.empty() && skip != "YES" && skip != "v2") {
    return fail(Errc::InvalidArgument, "_HLS_skip is YES or v2");
  }
  reload.skip = !skip.empty();
  return reload;
}

}  // namespace sipcast::hls
