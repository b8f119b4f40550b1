// The bodies of /call/startup and /call/find: what is taken is within its bounds and can be shown.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "control/rest/push_request.hpp"
#include "control/rest/recorder_routes.hpp"
#include "control/rest/start_call_request.hpp"
#include "control/rest/stream_routes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view body = sipcast::as_text({data, size});
  if (const auto command = sipcast::rest::parse_start_call(body)) {
    CHECK(!command->callee.empty() && command->callee.size() <= 256);
    CHECK(command->has_audio || command->has_video);
    sipcast::CallInfo info{.asked = *command};
    info.asked.account.password.clear();
    CHECK(!sipcast::rest::calls_to_json({info}).empty());
  }
  (void)sipcast::rest::parse_call_filter(body);
  (void)sipcast::rest::parse_push_filter(body);
  (void)sipcast::rest::parse_start_push(body);
  (void)sipcast::rest::parse_start_recording(body);
  (void)sipcast::rest::parse_stream_filter(body);
  return 0;
}
