// apps.file, a back-end's answer, and the URL of an app: the first byte says which.
#include <boost/json/serialize.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "control/hooks/app.hpp"
#include "control/hooks/hook_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sipcast;
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  switch (data[0] % 3) {
    case 0:
      if (const auto apps = parse_apps(text)) {
        for (const App& app : *apps) {
          const auto again = parse_app(app_to_json(app, Secrets::Shown));
          CHECK(again.has_value() && again->url.to_string() == app.url.to_string());
          CHECK(again->methods == app.methods && again->secret == app.secret);
        }
      }
      break;
    case 1: {
      const int status = data[0] & 0x40 ? 200 : 403;
      HookAnswer answer = judge_answer("playStream", {}, OnError::Unset,
                                       fetch::Reply{.status = status,
                                                    .reason = std::string(text.substr(0, 20)),
                                                    .body = std::string(text)});
      CHECK(answer.allowed == answer.reason.empty() || answer.allowed);
      CHECK(answer.reason.find('\n') == std::string::npos);
      CHECK(!answer.allowed || status == 200);
      if (const auto* config = answer.fields.if_contains("restClientConfig");
          config && config->is_object()) {
        (void)HookPolicies::parse(config->get_object());
      }
      break;
    }
    default:
      if (const auto url = fetch::HttpUrl::parse(text)) {
        const auto again = fetch::HttpUrl::parse(url->to_string());
        CHECK(again.has_value() && again->to_string() == url->to_string());
        CHECK(url->below("connect").path.ends_with("/connect"));
      }
  }
  return 0;
}
