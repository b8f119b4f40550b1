#include "ctl/sse_parser.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sipcast::ctl {
namespace {

std::vector<SseEvent> parse(std::string_view text, size_t piece) {
  std::vector<SseEvent> events;
  SseParser parser([&](const SseEvent& event) { events.push_back(event); });
  for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    parser.push(text.substr(0, piece));
  }
  return events;
}

TEST(SseParser, ReadsEventsWhateverThePiecesAndLineEnds) {
  for (const std::string_view text :
       {"retry: 1000\n\nid: 7\ndata: a\ndata:  b\n\n: keep-alive\n\nevent: missed\ndata:c\n\n",
        "retry: 1000\r\n\r\nid: 7\r\ndata: a\r\ndata:  b\r\n\r\n: keep-alive\r\n\r\nevent: "
        "missed\r\ndata:c\r\n\r\n"}) {
    for (const size_t piece : {1u, 2u, 5u, 1000u}) {
      const auto events = parse(text, piece);
      ASSERT_EQ(events.size(), 2u) << piece;
      EXPECT_EQ(events[0].id, "7");
      EXPECT_EQ(events[0].type, "message");
      EXPECT_EQ(events[0].data, "a\n b");
      EXPECT_EQ(events[1].id, "7") << "it stays until another comes";
      EXPECT_EQ(events[1].type, "missed");
      EXPECT_EQ(events[1].data, "c");
    }
  }
}

TEST(SseParser, AnEventWithoutDataOrWithoutItsEmptyLineIsNone) {
  EXPECT_TRUE(parse("event: x\n\nid: 1\n\ndata: cut off", 100).empty());
}

TEST(SseParser, AnEndlessEventIsLeftOut) {
  std::string text = "data: " + std::string(2 * SseParser::kMaxEvent, 'x') + "\n\ndata: y\n\n";
  const auto events = parse(text, 4096);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].data, "y");
}

}  // namespace
}  // namespace sipcast::ctl
