#include "mp4/playable_size.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.hpp"

namespace sipcast::mp4 {
namespace {

void append(Bytes& out, std::string_view type, size_t payload) {
  ByteWriter writer(out);
  writer.u32(static_cast<uint32_t>(8 + payload));
  writer.bytes(as_bytes(type));
  out.resize(out.size() + payload);
}
uint64_t playable(const Bytes& file) {
  return playable_size(file.size(), [&](uint64_t offset, std::span<uint8_t> into) {
    if (offset > file.size() || into.size() > file.size() - offset) return false;
    std::copy_n(file.begin() + static_cast<std::ptrdiff_t>(offset), into.size(), into.begin());
    return true;
  });
}

TEST(PlayableSize, EndsBehindTheLastWholeFragment) {
  Bytes file;
  append(file, "ftyp", 20);
  append(file, "moov", 300);
  EXPECT_EQ(playable(file), 0u) << "no fragment";
  append(file, "moof", 100);
  append(file, "mdat", 1000);
  const auto one = file.size();
  EXPECT_EQ(playable(file), one);
  append(file, "moof", 100);
  EXPECT_EQ(playable(file), one);
  append(file, "mdat", 1000);
  EXPECT_EQ(playable(file), file.size());
  for (size_t cut = one; cut < file.size(); ++cut) {
    EXPECT_EQ(playable(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(cut))), one);
  }
}

TEST(PlayableSize, LivesWithNonsense) {
  EXPECT_EQ(playable({}), 0u);
  EXPECT_EQ(playable({0, 0, 0, 0, 'm', 'd', 'a', 't'}), 0u);
  EXPECT_EQ(
      playable({0, 0, 0, 1, 'm', 'd', 'a', 't', 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
      0u);
  Bytes file;
  append(file, "mdat", 10);
  append(file, "moof", 10);
  append(file, "mdat", 10);
  EXPECT_EQ(playable(file), 0u) << "no moov";
}

}  // namespace
}  // namespace sipcast::mp4
