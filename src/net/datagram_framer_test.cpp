#include "net/datagram_framer.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sipcast {
namespace {

std::vector<std::string> all(DatagramFramer& framer) {
  std::vector<std::string> found;
  while (true) {
    const auto next = framer.next();
    if (!next) {
      found.emplace_back("error");
      return found;
    }
    if (!*next) return found;
    found.emplace_back(as_text(**next));
  }
}

TEST(DatagramFramer, DatagramsComeWholeHoweverTheBytesAreCut) {
  Bytes wire;
  for (const std::string_view text : {"one", "", "three"}) {
    append_frame_length(text.size(), wire);
    wire.insert(wire.end(), text.begin(), text.end());
  }
  for (const size_t piece : {size_t{1}, size_t{2}, size_t{5}, wire.size()}) {
    DatagramFramer framer;
    std::vector<std::string> found;
    for (size_t at = 0; at < wire.size(); at += piece) {
      framer.append(BytesView(wire).subspan(at, std::min(piece, wire.size() - at)));
      for (std::string& datagram : all(framer)) found.push_back(std::move(datagram));
    }
    EXPECT_EQ(found, (std::vector<std::string>{"one", "three"})) << piece;
  }
}

TEST(DatagramFramer, ALengthThatNobodyNeedsIsRefusedBeforeItsBytesCome) {
  DatagramFramer framer;
  framer.append(Bytes{0x10, 0x01});
  EXPECT_EQ(all(framer), std::vector<std::string>{"error"});
  DatagramFramer fits;
  fits.append(Bytes{0x10, 0x00});
  EXPECT_TRUE(all(fits).empty());
}

}  // namespace
}  // namespace sipcast
