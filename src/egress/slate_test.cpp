#include "egress/slate.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

TEST(Slate, PicturesComeTwiceASecondAndNoTwoNeighboursAreTheSame) {
  auto slate = Slate::create();
  ASSERT_TRUE(slate.has_value()) << slate.error().cause;
  const Instant start{100s};
  auto frames = slate->up_to(start);
  ASSERT_EQ(frames.size(), 1u);
  for (const FramePtr& frame : slate->up_to(start + 1200ms)) frames.push_back(frame);
  ASSERT_EQ(frames.size(), 3u);
  EXPECT_EQ(frames[2]->pts, start + 1s);
  for (const FramePtr& frame : frames) {
    EXPECT_TRUE(frame->keyframe);
    EXPECT_LT(frame->payload.size(), 4000u);
  }
  EXPECT_NE(frames[0]->payload, frames[1]->payload);
  EXPECT_EQ(frames[0]->payload, frames[2]->payload);
  EXPECT_EQ(frames[0]->format, frames[2]->format);
}

TEST(Slate, AHoleInTimeIsNotFilled) {
  auto slate = Slate::create();
  ASSERT_TRUE(slate.has_value());
  (void)slate->up_to(Instant{100s});
  const auto frames = slate->up_to(Instant{1000s});
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0]->pts, Instant{1000s});
}

}  // namespace
}  // namespace sipcast
