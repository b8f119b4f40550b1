#include "hls/playlist.hpp"

#include <gtest/gtest.h>

#include "base/text.hpp"

namespace sipcast::hls {
namespace {
using namespace std::chrono_literals;

const Instant kStart(1000s);

class PlaylistTest : public testing::Test {
 protected:
  PlaylistTest() { playlist.add_init(std::make_shared<std::string>("init")); }
  static Playlist::Options options() {
    // 2026-11-26T08:00:00Z
    return {.run = "r", .moment = kStart, .wall = WallTime(1795680000s)};
  }
  void part(Duration duration, bool independent, bool ends) {
    playlist.add_part({.bytes = std::make_shared<std::string>(std::to_string(parts_++) + ","),
                       .start = at_,
                       .duration = duration,
                       .independent = independent,
                       .ends_segment = ends});
    at_ += duration;
  }
  void segment(int parts = 6) {
    for (int i = 0; i < parts; ++i) part(333ms, i == 0, i + 1 == parts);
  }
  Playlist playlist{options()};
  Instant at_ = kStart;
  int parts_ = 0;
};

TEST_F(PlaylistTest, ListsPartsOfTheNewestSegmentsAndAnnouncesTheNextOne) {
  segment(2);
  part(334ms, true, false);
  EXPECT_EQ(playlist.text(false),
            R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.002,CAN-SKIP-UNTIL=6.0
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="r-i0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:00.000Z
#EXT-X-PART:DURATION=0.33300,URI="r-0-0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33300,URI="r-0-1.m4s"
#EXTINF:0.66600,
r-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:00.666Z
#EXT-X-PART:DURATION=0.33400,URI="r-1-0.m4s",INDEPENDENT=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="r-1-1.m4s"
)");
}

TEST_F(PlaylistTest, AtItsEndNothingIsAnnouncedAnyMore) {
  segment(2);
  part(334ms, true, false);
  playlist.end();
  EXPECT_EQ(playlist.text(false),
            R"(#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.002,CAN-SKIP-UNTIL=6.0
#EXT-X-PART-INF:PART-TARGET=0.334
#EXT-X-MEDIA-SEQUENCE:0
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="r-i0.mp4"
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:00.000Z
#EXT-X-PART:DURATION=0.33300,URI="r-0-0.m4s",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33300,URI="r-0-1.m4s"
#EXTINF:0.66600,
r-0.m4s
#EXT-X-PROGRAM-DATE-TIME:2026-11-26T08:00:00.666Z
#EXT-X-PART:DURATION=0.33400,URI="r-1-0.m4s",INDEPENDENT=YES
#EXTINF:0.33400,
r-1.m4s
#EXT-X-ENDLIST
)");
}

TEST_F(PlaylistTest, TheTargetDurationIsThatOfTheLongestSegmentRounded) {
  segment(7);  // 2.331 s
  EXPECT_EQ(playlist.target(), 2);
  segment(30);
  EXPECT_EQ(playlist.target(), 10);
  segment();
  EXPECT_NE(playlist.text(false).find("TARGETDURATION:10\n"), std::string::npos);
}

TEST_F(PlaylistTest, APlayerMayWaitForASegmentOrAPart) {
  EXPECT_FALSE(playlist.ready());
  segment();
  part(333ms, true, false);
  EXPECT_TRUE(playlist.ready());
  const auto has = [&](uint64_t msn, std::optional<uint64_t> part) {
    return playlist.has({.msn = msn, .part = part});
  };
  EXPECT_TRUE(playlist.has({}));
  EXPECT_TRUE(has(0, {}));
  EXPECT_TRUE(has(0, 5));
  EXPECT_TRUE(has(0, 6)) << "behind the last part is the first of the next segment";
  EXPECT_TRUE(has(1, 0));
  EXPECT_FALSE(has(1, 1));
  EXPECT_FALSE(has(1, {}));
  EXPECT_FALSE(has(2, 0));
  EXPECT_FALSE(playlist.is_too_far({.msn = 3}));
  EXPECT_TRUE(playlist.is_too_far({.msn = 4}));
  playlist.end();
  EXPECT_TRUE(has(9, {})) << "nothing more comes";
}

TEST_F(PlaylistTest, ServesSectionsPartsSegmentsAndNothingElse) {
  segment(2);
  part(333ms, true, false);
  const auto file = [&](std::string_view name) {
    return playlist.file(*parse_file_name(name)).value_or("none");
  };
  EXPECT_EQ(file("r-i0.mp4"), "init");
  EXPECT_EQ(file("r-i1.mp4"), "none");
  EXPECT_EQ(file("r-0.m4s"), "0,1,");
  EXPECT_EQ(file("r-0-1.m4s"), "1,");
  EXPECT_EQ(file("r-0-2.m4s"), "none");
  EXPECT_EQ(file("r-1.m4s"), "none") << "not whole yet";
  EXPECT_EQ(file("r-1-0.m4s"), "2,");
  EXPECT_EQ(file("r-2.m4s"), "none");
  EXPECT_TRUE(playlist.is_next(*parse_file_name("r-1-1.m4s")));
  EXPECT_FALSE(playlist.is_next(*parse_file_name("r-1-2.m4s")));
  EXPECT_FALSE(playlist.is_next(*parse_file_name("r-2-0.m4s")));
  part(333ms, false, true);
  EXPECT_TRUE(playlist.is_next(*parse_file_name("r-2-0.m4s")));
}

TEST_F(PlaylistTest, AnotherFormatIsADiscontinuityWithItsOwnSection) {
  part(333ms, true, false);
  playlist.add_part({.bytes = std::make_shared<std::string>("last"),
                     .start = at_,
                     .duration = 100ms,
                     .independent = false,
                     .ends_segment = true,
                     .next_init = std::make_shared<std::string>("other")});
  EXPECT_TRUE(
      playlist.text(false).ends_with("r-0.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"r-i1.mp4\"\n"
                                     "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"r-1-0.m4s\"\n"))
      << "told before the first part: " << playlist.text(false);
  segment(2);
  const std::string text = playlist.text(false);
  EXPECT_NE(text.find("r-0.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI=\"r-i1.mp4\"\n"), text.npos);
}

TEST_F(PlaylistTest, OldSegmentsLeaveTheListFirstAndThenTheMemory) {
  playlist.add_init(std::make_shared<std::string>("other"));  // in front of segment 0
  segment();
  playlist.add_init(std::make_shared<std::string>("third"));
  for (int i = 0; i < 99; ++i) segment();
  const std::string text = playlist.text(false);
  // 8 segments of 1.998 s are less than 16 s.
  EXPECT_NE(text.find("#EXT-X-MEDIA-SEQUENCE:91\n#EXT-X-DISCONTINUITY-SEQUENCE:2\n"), text.npos)
      << text;
  EXPECT_EQ(text.find("r-90.m4s"), text.npos);
  EXPECT_TRUE(playlist.file(*parse_file_name("r-90.m4s"))) << "somebody may be reading it";
  EXPECT_FALSE(playlist.file(*parse_file_name("r-70.m4s")));
  EXPECT_FALSE(playlist.file(*parse_file_name("r-i0.mp4")));
  EXPECT_LT(playlist.bytes(), 1000u);
}

TEST_F(PlaylistTest, MemoryIsBoundedWhateverTheSizeOfSegments) {
  Playlist small([] {
    auto o = options();
    o.most_bytes = 1000;
    return o;
  }());
  small.add_init(std::make_shared<std::string>("init"));
  for (int i = 0; i < 20; ++i) {
    small.add_part({.bytes = std::make_shared<std::string>(300, 'x'),
                    .start = kStart + 2s * i,
                    .duration = 2s,
                    .independent = true,
                    .ends_segment = true});
  }
  EXPECT_LE(small.bytes(), 1000u);
  EXPECT_NE(small.text(false).find("MEDIA-SEQUENCE:17\n#EXT-X-DISCONTINUITY-SEQUENCE:0\n"),
            std::string::npos)
      << small.text(false);
}

TEST_F(PlaylistTest, ADeltaUpdateLeavesOutWhatIsOlderThanTheSkipBoundary) {
  for (int i = 0; i < 9; ++i) segment();  // 17.98 s; the boundary is 12 s
  const std::string delta = playlist.text(true);
  EXPECT_NE(delta.find("#EXT-X-SKIP:SKIPPED-SEGMENTS=2\n"), delta.npos) << delta;
  EXPECT_EQ(delta.find("r-1.m4s"), delta.npos);
  EXPECT_NE(delta.find("r-2.m4s"), delta.npos);
  EXPECT_NE(delta.find("#EXT-X-MEDIA-SEQUENCE:0\n"), delta.npos);
}

}  // namespace
}  // namespace sipcast::hls
