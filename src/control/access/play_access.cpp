#include "control/access/play_access.hpp"

#include <boost/json.hpp>

#include "base/sha256.hpp"
#include "base/text.hpp"
#include "control/access/authorization.hpp"
#include "control/rest/problem.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxStreamName = 256, kMaxToken = 4096;
constexpr std::string_view kRefused = "Restricted access";  // WCS's word

Instant now() { return std::chrono::steady_clock::now(); }

std::string name_of(const boost::json::object& fields) {
  const boost::json::value* name = fields.if_contains("name");
  return name && name->is_string() ? std::string(name->get_string()) : std::string();
}

}  // namespace

PlayAccess::PlayAccess(Options options, EventLoop& web, const Access& access, HookService& hooks,
                       Logger log)
    : options_(options), web_(web), access_(access), hooks_(hooks), log_(std::move(log)) {}

PlayAccess::~PlayAccess() { *alive_ = false; }

bool PlayAccess::is_open(std::string_view app_key, std::string_view method,
                         const HookPoliciesPtr& policies) const {
  return options_.rule == Rule::Open && hooks_.knows(app_key) &&
         !hooks_.wants(app_key, method, policies);
}

void PlayAccess::check(Asked asked, Done done) {
  if (is_open(asked.app_key, asked.method, asked.policies)) {
    return done({.stream = std::move(asked.stream)});
  }
  const PrincipalPtr owner = access_.key_owner(asked.token);
  if (owner && owner->may(Scope::Streams)) return done({.stream = std::move(asked.stream)});
  if (!hooks_.wants(asked.app_key, asked.method, asked.policies)) {
    const bool known = hooks_.knows(asked.app_key);
    log_.info("{} is not played: {}", printable(asked.stream.value, 80),
              known ? "play.access wants an API key with the scope streams"
                    : "there is no app " + printable(asked.app_key, 60));
    return done({.allowed = false,
                 .without_token = known && asked.token.empty(),
                 .reason = std::string(kRefused),
                 .stream = std::move(asked.stream)});
  }
  HookService::Hook hook{.app_key = asked.app_key,
                         .method = asked.method,
                         .subject = asked.stream.value,
                         .body = std::move(asked.body),
                         .policies = asked.policies};
  hooks_.ask(std::move(hook), web_,
             [this, alive = alive_, asked = std::move(asked), done](const HookAnswer& answer) {
               if (*alive) done(answered(asked, answer));
             });
}

PlayAccess::Decision PlayAccess::answered(const Asked& asked, const HookAnswer& answer) const {
  if (!answer.allowed) {
    return {.allowed = false,
            .without_token = asked.token.empty(),
            .reason = answer.reason,
            .stream = asked.stream};
  }
  std::string name = name_of(answer.fields);
  if (name.empty() || name.size() > kMaxStreamName) return {.stream = asked.stream};
  return {.stream = StreamName{std::move(name)}};
}

void PlayAccess::check_playlist(Asked asked, Done done) {
  if (is_open(asked.app_key, asked.method)) return done({.stream = std::move(asked.stream)});
  Sha256 hash;
  for (const std::string& part : {asked.app_key, asked.stream.value, asked.token}) {
    hash.add(as_bytes(std::to_string(part.size()) + ":" + part));
  }
  const std::string key = hash.finish();
  const Instant at = now();
  const auto known = remembered_.find(key);
  if (known != remembered_.end() && !known->second.decision) {
    known->second.waiting.push_back(std::move(done));
    return;
  }
  if (known != remembered_.end() && at < known->second.until) return done(*known->second.decision);
  forget_old(at);
  remembered_[key] = Remembered{.decision = {}, .until = {}, .waiting = {std::move(done)}};
  const StreamName stream = asked.stream;
  check(std::move(asked), [this, key, stream](const Decision& decision) {
    Remembered& entry = remembered_[key];
    entry.decision = decision;
    entry.decision->stream = stream;
    entry.until = now() + options_.remember;
    const Decision told = *entry.decision;
    for (const Done& one : std::exchange(entry.waiting, {})) one(told);
  });
}

void PlayAccess::forget_old(Instant at) {
  if (remembered_.size() < options_.max_remembered) return;
  std::erase_if(remembered_, [&](const auto& entry) {
    return entry.second.decision && at >= entry.second.until;
  });
  if (remembered_.size() < options_.max_remembered) return;
  std::erase_if(remembered_, [&](const auto& entry) { return entry.second.decision.has_value(); });
}

PlayAccess::Asked asked_by_http(const http::Request& request, const StreamName& stream,
                                std::string_view provider) {
  PlayAccess::Asked asked{.stream = stream};
  asked.token = bearer_token(request.header("authorization"));
  if (asked.token.empty()) asked.token = request.query_value("token").substr(0, kMaxToken);
  if (const std::string app = request.query_value("appKey"); !app.empty()) asked.app_key = app;
  asked.body = {{"sessionId", request.remote.to_string()},
                {"name", stream.value},
                {"published", false},
                {"hasVideo", true},
                {"hasAudio", true},
                {"status", "PENDING"},
                {"mediaProvider", provider},
                {"mediaType", "play"},
                {"custom", {{"token", asked.token}}}};
  return asked;
}

http::Response play_refused(const PlayAccess::Decision& decision) {
  http::Response response = rest::problem(
      {decision.without_token ? Errc::Unauthorized : Errc::Forbidden, decision.reason});
  if (decision.without_token) {
    response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sipcast\"");
  }
  return response;
}

}  // namespace sipcast
