#include "control/metrics/prometheus_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "control/metrics/server_counters.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST(PrometheusText, EscapesWhatStreamsAreCalled) {
  PrometheusText out;
  out.begin("streams", "gauge", "Streams.");
  out.sample({{"stream", "a\"b\\c\nd"}, {"track", "audio"}}, uint64_t{7});
  out.sample({}, 0.5);
  EXPECT_EQ(out.take(),
            "# HELP streams Streams.\n# TYPE streams gauge\n"
            "streams{stream=\"a\\\"b\\\\c\\nd\",track=\"audio\"} 7\nstreams 0.5\n");
}

TEST(PrometheusText, AHistogramsBucketsAddUp) {
  Histogram histogram;
  for (const Duration value : {Duration(5ms), Duration(6ms), Duration(2min), Duration(-1ms)}) {
    histogram.observe(value);
  }
  PrometheusText out;
  out.begin("call_setup_seconds", "histogram", "x");
  out.sample({{"step", "invite"}}, histogram);
  const std::string text = out.take();
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_bucket{step=\"invite\",le=\"0.005\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_bucket{step=\"invite\",le=\"0.01\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_bucket{step=\"invite\",le=\"60\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_bucket{step=\"invite\",le=\"+Inf\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_count{step=\"invite\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("call_setup_seconds_sum{step=\"invite\"} 120.011"));
}

TEST(ServerCounters, WordsOfStrangersAreNoLabels) {
  EventLog log;
  ServerCounters counters(log);
  const auto message = [&](bool sent, std::string text) {
    counters.on_sip_message(
        {.at = {}, .sent = sent, .local = {}, .remote = {}, .text = std::move(text)});
  };
  message(true, "INVITE sip:bob@lab SIP/2.0\r\nCall-ID: 1\r\n\r\n");
  message(false, "FOO sip:bob@lab SIP/2.0\r\n\r\n");
  message(false, "SIP/2.0 486 Busy Here\r\n\r\n");
  message(false, "SIP/2.0 999 x\r\n\r\n");
  message(false, "SIP/2.0 04\r\n\r\n");
  log.publish({.type = EventType::CallEnded, .data = {{"reason", "sip_ended"}}});
  log.publish({.type = EventType::ViewerFirstFrame, .data = {{"after_ms", 40}}});
  PrometheusText out;
  counters.write(out);
  const std::string text = out.take();
  EXPECT_THAT(text, HasSubstr("sip_requests_total{direction=\"sent\",method=\"INVITE\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sip_requests_total{direction=\"received\",method=\"other\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("sip_responses_total{direction=\"received\",status=\"486\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("999")));
  EXPECT_THAT(text, Not(HasSubstr("FOO")));
  EXPECT_THAT(text, HasSubstr("calls_ended_total{reason=\"sip_ended\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("viewer_first_frame_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("events_total{type=\"call.ended\"} 1\n"));
}

}  // namespace
}  // namespace sipcast
