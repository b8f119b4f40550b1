// Any name of a file and any directives: what is read can be written again, and a playlist answers
// or says that it has nothing.
#include <string>

#include "base/check.hpp"
#include "base/text.hpp"
#include "hls/playlist.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const hls::Playlist playlist = [] {
    hls::Playlist made({.run = "r"});
    made.add_init(std::make_shared<std::string>("init"));
    for (int i = 0; i < 8; ++i) {
      made.add_part({.bytes = std::make_shared<std::string>("part"),
                     .start = Instant(std::chrono::milliseconds(300 * i)),
                     .duration = std::chrono::milliseconds(300),
                     .independent = i % 3 == 0,
                     .ends_segment = i % 3 == 2});
    }
    return made;
  }();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = hls::parse_file_name(text)) {
    CHECK(hls::parse_file_name(name->to_string())->number == name->number);
    CHECK(!playlist.is_next(*name) || !playlist.file(*name));
  }
  const auto [msn, rest] = cut(text, '&');
  const auto [part, skip] = cut(rest, '&');
  if (const auto reload = hls::parse_reload(msn, part, skip)) {
    CHECK(!playlist.has(*reload) || !playlist.is_too_far(*reload));
    CHECK(!playlist.text(reload->skip).empty());
  }
  return 0;
}
