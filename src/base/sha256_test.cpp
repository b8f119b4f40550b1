#include "base/sha256.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(Sha256, SumsPiecesAsTheirWhole) {
  Sha256 sum;
  sum.add(as_bytes("a"));
  sum.add(as_bytes("bc"));
  EXPECT_EQ(sum.finish(), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace sipcast
