#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "net/sip_framer.hpp"

using sipcast::BytesView;
using sipcast::SipFramer;

namespace {

/// What a framer makes of `bytes` in pieces of `piece`, as text.
std::vector<std::string> frames(BytesView bytes, size_t piece, bool pinged) {
  std::vector<std::string> found;
  SipFramer framer;
  if (pinged) framer.expect_pong();
  while (!bytes.empty()) {
    const size_t size = std::min(piece, bytes.size());
    framer.append(bytes.first(size));
    bytes = bytes.subspan(size);
    while (true) {
      const auto event = framer.next();
      if (!event) {
        found.emplace_back("error");
        return found;
      }
      if (!*event) break;
      CHECK((*event)->message.size() <= SipFramer::kMaxMessage);
      const bool pong = (*event)->kind == SipFramer::Event::Kind::Pong;
      found.emplace_back(pong ? "pong" : sipcast::as_text((*event)->message));
    }
  }
  return found;
}

}  // namespace

/// The way TCP cuts the bytes must not change the messages.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView bytes(data + 1, size - 1);
  const bool pinged = (data[0] & 1) != 0;
  const auto whole = frames(bytes, SIZE_MAX, pinged);
  CHECK(frames(bytes, data[0] + 1u, pinged) == whole);
  CHECK(frames(bytes, 1, pinged) == whole);
  return 0;
}
