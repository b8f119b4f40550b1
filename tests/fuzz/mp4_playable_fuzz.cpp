// Any bytes as a file: the walk ends, and never says more than there is.
#include <algorithm>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "mp4/playable_size.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = [&](uint64_t offset, std::span<uint8_t> into) {
    if (offset > size || into.size() > size - offset) return false;
    std::copy_n(data + offset, into.size(), into.begin());
    return true;
  };
  CHECK(sipcast::mp4::playable_size(size, read) <= size);
  return 0;
}
