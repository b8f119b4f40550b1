// What the native API reads: bodies of new calls, queries and Last-Event-ID of /v1/events, keys.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "control/metrics/server_counters.hpp"
#include "control/v1/event_routes.hpp"
#include "control/v1/idempotency.hpp"
#include "control/v1/json.hpp"
#include "control/v1/new_call.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sipcast;
  const std::string_view text = as_text({data, size});
  if (const auto call = v1::parse_new_call(text)) {
    CHECK(!call->callee.empty() && !call->account.domain.empty());
    CHECK(call->has_audio || call->has_video);
    CallInfo info{.asked = *call};
    CHECK(v1::to_json(info).at("call_id") == boost::json::value(call->id.value));
  }
  const size_t half = size / 2;
  if (const auto asked = v1::parse_event_request(text.substr(0, half), text.substr(half))) {
    CHECK(asked->limit >= 1 && asked->limit <= 1000);
  }
  v1::IdempotencyKeys keys;
  const std::string key(text.substr(0, half)), body(text.substr(half));
  if (const auto before = keys.find(key, body, {})) {
    CHECK(!*before);
    keys.keep(key, body, {}, {});
    CHECK(keys.find(key, body, {}).value());
  }
  EventLog log;
  ServerCounters counters(log);
  counters.on_sip_message({.at = {}, .local = {}, .remote = {}, .text = std::string(text)});
  return 0;
}
