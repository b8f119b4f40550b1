#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "net/datagram_framer.hpp"

using sipcast::BytesView;
using sipcast::DatagramFramer;

namespace {

/// What a framer makes of `bytes` in pieces of `piece`.
std::vector<std::string> datagrams(BytesView bytes, size_t piece) {
  std::vector<std::string> found;
  DatagramFramer framer;
  while (!bytes.empty()) {
    const size_t size = std::min(piece, bytes.size());
    framer.append(bytes.first(size));
    bytes = bytes.subspan(size);
    while (true) {
      const auto next = framer.next();
      if (!next) {
        found.emplace_back("error");
        return found;
      }
      if (!*next) break;
      CHECK(!(*next)->empty() && (*next)->size() <= DatagramFramer::kMaxDatagram);
      found.emplace_back(sipcast::as_text(**next));
    }
  }
  return found;
}

}  // namespace

/// The way TCP cuts the bytes must not change the datagrams.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const BytesView bytes(data + 1, size - 1);
  const auto whole = datagrams(bytes, SIZE_MAX);
  CHECK(datagrams(bytes, data[0] + 1u) == whole);
  CHECK(datagrams(bytes, 1) == whole);
  return 0;
}
