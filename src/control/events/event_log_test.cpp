#include "control/events/event_log.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

namespace sipcast {
namespace {

Event call_event(EventType type, std::string id) {
  return {.type = type, .call = CallId{std::move(id)}};
}

std::vector<uint64_t> ids(const std::vector<EventPtr>& events) {
  std::vector<uint64_t> ids;
  for (const EventPtr& event : events) ids.push_back(event->id);
  return ids;
}

TEST(EventLog, NumbersEventsInOrderAndKeepsTheNewest) {
  EventLog log({.max_events = 3, .first_id = 100});
  for (int i = 0; i < 5; ++i) log.publish(call_event(EventType::CallStarted, std::to_string(i)));
  EXPECT_EQ(log.size(), 3u);
  EXPECT_EQ(log.last_id(), 104u);
  EXPECT_EQ(ids(log.after(0, 10)), (std::vector<uint64_t>{102, 103, 104}));
  EXPECT_EQ(ids(log.after(102, 1)), (std::vector<uint64_t>{103}));
  EXPECT_TRUE(log.after(104, 10).empty());
  EXPECT_TRUE(log.after(UINT64_MAX, 10).empty());
  EXPECT_TRUE(log.reaches_back_to(101));
  EXPECT_FALSE(log.reaches_back_to(100));
}

TEST(EventLog, AnEmptyLogReachesBackToItsBeginningOnly) {
  const EventLog log({.max_events = 3, .first_id = 100});
  EXPECT_EQ(log.last_id(), 99u);
  EXPECT_TRUE(log.reaches_back_to(99));
  EXPECT_FALSE(log.reaches_back_to(7)) << "of a run before";
}

TEST(EventLog, IdsGrowOverARestartAndAreExactInJavaScript) {
  const EventLog log;
  EXPECT_GT(log.last_id(), 1'700'000'000'000'000u);
  EXPECT_LT(log.last_id(), 1ull << 53);
}

TEST(EventLog, WhatASubscriberPublishesFollowsForEverybody) {
  EventLog log({.first_id = 1});
  std::vector<EventType> first, second;
  const auto a = log.subscribe([&](const EventPtr& event) {
    first.push_back(event->type);
    if (event->type == EventType::CallStarted) log.publish(call_event(EventType::CallEnded, "1"));
  });
  const auto b = log.subscribe([&](const EventPtr& event) { second.push_back(event->type); });
  log.publish(call_event(EventType::CallStarted, "1"));
  const std::vector<EventType> wanted = {EventType::CallStarted, EventType::CallEnded};
  EXPECT_EQ(first, wanted);
  EXPECT_EQ(second, wanted);
}

TEST(EventLog, ASubscriberMayLeaveFromWithin) {
  EventLog log;
  int heard = 0, other = 0;
  EventLog::Subscription mine, theirs;
  mine = log.subscribe([&](const EventPtr&) {
    ++heard;
    mine.release();
    theirs.release();
  });
  theirs = log.subscribe([&](const EventPtr&) { ++other; });
  log.publish(call_event(EventType::CallStarted, "1"));
  log.publish(call_event(EventType::CallEnded, "1"));
  EXPECT_EQ(heard, 1);
  EXPECT_EQ(other, 0);
}

TEST(EventLog, AnEventOfAStreamGetsTheStreamsCall) {
  EventLog log({.max_events = 2, .first_id = 1});
  const auto publish = [&](EventType type, std::string call) {
    log.publish({.type = type, .call = CallId{std::move(call)}, .stream = StreamName{"room1"}});
    return log.after(0, 10).back()->call.value;
  };
  publish(EventType::StreamStarted, "one");
  for (int i = 0; i < 5; ++i) EXPECT_EQ(publish(EventType::ViewerJoined, ""), "one");
  publish(EventType::StreamEnded, "one");
  EXPECT_EQ(publish(EventType::ViewerLeft, ""), "one");
  publish(EventType::StreamStarted, "two");  // the end of the first one is forgotten
  EXPECT_EQ(publish(EventType::ViewerJoined, ""), "two");
  publish(EventType::StreamEnded, "two");
  for (int i = 0; i < 2; ++i) log.publish(call_event(EventType::CallStarted, "three"));
  EXPECT_EQ(publish(EventType::ViewerLeft, ""), "");
}

TEST(Event, EveryTypeHasANameThatLeadsBackToIt) {
  for (size_t i = 0; i < kEventTypes; ++i) {
    const auto type = static_cast<EventType>(i);
    EXPECT_EQ(event_type_from(to_string(type)), type);
    EXPECT_NE(to_string(type).find('.'), std::string_view::npos);
  }
  EXPECT_FALSE(event_type_from("call.nothing"));
}

TEST(Event, IsShownWithNullWhereThereIsNoCallOrStream) {
  Event event{.type = EventType::ViewerLeft, .stream = StreamName{"room1"}, .time = {}, .id = 7};
  event.data["reason"] = "stopped";
  EXPECT_EQ(boost::json::serialize(to_json(event)),
            R"({"id":7,"time":"1970-01-01T00:00:00.000Z","type":"viewer.left","call_id":null,)"
            R"("stream":"room1","data":{"reason":"stopped"}})");
}

}  // namespace
}  // namespace sipcast
