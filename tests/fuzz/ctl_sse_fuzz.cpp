// Server-sent events: the pieces in which they come change nothing.
#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "ctl/sse_parser.hpp"

namespace {
std::string read(std::string_view text, size_t piece) {
  std::string all;
  sipcast::ctl::SseParser parser([&](const sipcast::ctl::SseEvent& event) {
    all += event.id + "\n" + event.type + "\n" + event.data + "\n\n";
  });
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    parser.push(text.substr(0, piece));
  }
  return all;
}
}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = sipcast::as_text({data, size});
  CHECK(read(text, 1) == read(text, size + 1));
  return 0;
}
