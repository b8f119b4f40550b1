#include "control/ws/session_hooks.hpp"

#include <algorithm>
#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/ws/wire.hpp"

namespace sipcast::ws {
namespace {
namespace json = boost::json;

/// What a back-end does not decide on.
bool is_ours(std::string_view field) {
  constexpr std::string_view kOurs[] = {"appKey", "authToken",       "keepAlive",   "nodeId",
                                        "origin", "sessionId",       "sipPassword", "status",
                                        "reason", "restClientConfig"};
  return std::ranges::find(kOurs, field) != std::end(kOurs);
}

/// The token that a page gives in `custom`, where HLS has `?token=`.
std::string token_in(const json::value& custom) {
  const json::object* object = custom.if_object();
  return object ? text_of(*object, "token") : "";
}

}  // namespace

void SessionHooks::connect(json::object client, std::string_view origin,
                           std::function<void(const Welcome&)> done) {
  if (std::string key = text_of(client, "appKey"); !key.empty()) app_key_ = std::move(key);
  client.erase("sipPassword");
  if (!hooks_.knows(app_key_)) {
    return done({.allowed = false, .reason = "There is no application of this appKey"});
  }
  if (!hooks_.wants(app_key_, "connect")) return done(welcomed(std::move(client), {}));
  json::object body = client;
  body["sessionId"] = session_id_;
  body["origin"] = printable(origin, 300);
  hooks_.ask(
      {.app_key = app_key_, .method = "connect", .subject = session_id_, .body = std::move(body)},
      web_, [this, alive = alive_, client, done](const HookAnswer& answer) {
        if (*alive) done(welcomed(client, answer));
      });
}

SessionHooks::Welcome SessionHooks::welcomed(json::object client, const HookAnswer& answer) {
  if (!answer.allowed) return {.allowed = false, .reason = answer.reason};
  for (const auto& [field, value] : answer.fields) {
    if (!is_ours(field)) client[field] = value;
  }
  if (const json::value* config = answer.fields.if_contains("restClientConfig");
      config && config->is_object()) {
    auto parsed = HookPolicies::parse(config->get_object());
    if (!parsed) return {.allowed = false, .reason = parsed.error().cause};
    policies_ = std::make_shared<const HookPolicies>(std::move(*parsed));
  }
  if (const json::value* custom = client.if_contains("custom")) custom_ = *custom;
  return {.client = std::move(client)};
}

void SessionHooks::play(const json::object& request,
                        std::function<void(const PlayAccess::Decision&)> done) {
  check("playStream", request, std::move(done));
}

void SessionHooks::look(const json::object& request,
                        std::function<void(const PlayAccess::Decision&)> done) {
  const bool own = hooks_.wants(app_key_, "snapshot", policies_);
  check(own ? "snapshot" : "playStream", request, std::move(done));
}

void SessionHooks::check(std::string_view method, const json::object& request,
                         std::function<void(const PlayAccess::Decision&)> done) {
  PlayAccess::Asked asked{.app_key = app_key_,
                          .method = std::string(method),
                          .stream = StreamName{text_of(request, "name")},
                          .body = request,
                          .policies = policies_};
  const json::value* own = request.if_contains("custom");
  const json::value& custom = own ? *own : custom_;
  asked.token = token_in(custom);
  if (asked.token.empty()) asked.token = token_in(custom_);
  asked.body["sessionId"] = session_id_;
  asked.body["mediaType"] = "play";
  if (!custom.is_null()) asked.body["custom"] = custom;
  access_.check(std::move(asked), [alive = alive_, done](const PlayAccess::Decision& decision) {
    if (*alive) done(decision);
  });
}

void SessionHooks::tell(std::string_view method, const std::string& subject, json::object body) {
  if (!hooks_.wants(app_key_, method, policies_)) return;
  body["sessionId"] = session_id_;
  hooks_.tell({.app_key = app_key_,
               .method = std::string(method),
               .subject = subject,
               .body = std::move(body),
               .policies = policies_});
}

void SessionHooks::tell_connection(std::string_view status) {
  tell("ConnectionStatusEvent", session_id_, {{"status", status}});
}

void SessionHooks::tell_stop(const json::object& request) {
  tell("stopStream", text_of(request, "mediaSessionId"), request);
}

void SessionHooks::tell_stream(json::object& event) {
  tell("StreamStatusEvent", text_of(event, "mediaSessionId"), event);
  if (policies_) erase_fields(event, policies_->of("StreamStatusEvent").client_exclude);
}

}  // namespace sipcast::ws
