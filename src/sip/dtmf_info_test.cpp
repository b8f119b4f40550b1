#include "sip/dtmf_info.hpp"

#include <gtest/gtest.h>

namespace sipcast::sip {
namespace {

TEST(DtmfInfo, WhatIsWrittenIsReadBack) {
  for (const char digit : std::string_view("0123456789*#ABCD")) {
    for (const DtmfInfo form : {DtmfInfo::Relay, DtmfInfo::Plain}) {
      EXPECT_EQ(read_dtmf_info(content_type(form), dtmf_body(form, digit)), digit);
    }
  }
}

TEST(DtmfInfo, PhonesWriteItInManyWays) {
  EXPECT_EQ(read_dtmf_info("Application/DTMF-Relay; x=y", "signal= b \nduration=100"), 'B');
  EXPECT_EQ(read_dtmf_info("application/dtmf-relay", "Duration=100\r\nSignal=11\r\n"), '#');
  EXPECT_EQ(read_dtmf_info("application/dtmf", " 5\r\n"), '5');
  EXPECT_EQ(read_dtmf_info("application/dtmf", "55"), std::nullopt);
  EXPECT_EQ(read_dtmf_info("application/dtmf", ""), std::nullopt);
  EXPECT_EQ(read_dtmf_info("application/dtmf-relay", "5"), std::nullopt);
  EXPECT_EQ(read_dtmf_info("application/media_control+xml", "Signal=5"), std::nullopt);
}

}  // namespace
}  // namespace sipcast::sip
