#include "http/byte_range.hpp"

#include <gtest/gtest.h>

namespace sipcast::http {
namespace {

TEST(ByteRange, IsReadAsRfc9110Says) {
  using enum ByteRange::Kind;
  struct Case {
    const char* header;
    ByteRange::Kind kind;
    uint64_t first, length;
  };
  const Case cases[] = {
      {"", Whole, 0, 1000},
      {"bytes=0-499", Part, 0, 500},
      {"Bytes = 0-1", Whole, 0, 1000},
      {"BYTES=500-", Part, 500, 500},
      {"bytes=500-99999999999", Part, 500, 500},
      {"bytes=-300", Part, 700, 300},
      {"bytes=-5000", Part, 0, 1000},
      {"bytes=999-999", Part, 999, 1},
      {"bytes=1000-", Unsatisfiable, 0, 0},
      {"bytes=-0", Unsatisfiable, 0, 0},
      {"bytes=5-4", Whole, 0, 1000},
      {"bytes=0-1,5-6", Whole, 0, 1000},
      {"bytes=a-b", Whole, 0, 1000},
      {"bytes=-", Whole, 0, 1000},
      {"bytes=18446744073709551616-", Whole, 0, 1000},
      {"items=0-1", Whole, 0, 1000},
  };
  for (const Case& c : cases) {
    const ByteRange range = parse_byte_range(c.header, 1000);
    EXPECT_EQ(range.kind, c.kind) << c.header;
    EXPECT_EQ(range.first, c.first) << c.header;
    EXPECT_EQ(range.length, c.length) << c.header;
  }
  EXPECT_EQ(parse_byte_range("bytes=0-", 0).kind, Unsatisfiable);
  EXPECT_EQ(parse_byte_range("bytes=-1", 0).kind, Unsatisfiable);
}

}  // namespace
}  // namespace sipcast::http
