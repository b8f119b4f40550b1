#include "control/hooks/hook_service.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {

const HookPolicy& policy_of(const HookPoliciesPtr& policies, std::string_view method) {
  static const HookPolicies kNone;
  return (policies ? *policies : kNone).of(method);
}

}  // namespace

HookService::HookService(Options options, EventLoop& control, std::unique_ptr<DnsClient> dns,
                         const AppRegistry& apps, Logger log)
    : options_(std::move(options)),
      control_(control),
      apps_(apps),
      log_(std::move(log)),
      sender_(options_.sender, control, std::move(dns), log_),
      notices_(options_.notices, control, sender_, log_) {}

HookService::~HookService() { *alive_ = false; }

bool HookService::wants(std::string_view app_key, std::string_view method,
                        const HookPoliciesPtr& policies) const {
  if (!options_.enabled) return false;
  if (policy_of(policies, method).taking == HookPolicy::Taking::Disable) return false;
  const AppPtr app = apps_.find(app_key);
  return app && app->wants(method);
}

bool HookService::knows(std::string_view app_key) const {
  return !options_.enabled || apps_.empty() || apps_.find(app_key) != nullptr;
}

HookSender::Message HookService::message_of(AppPtr app, Hook hook) const {
  hook.body["nodeId"] = options_.node_id;
  hook.body["appKey"] = app->key;
  erase_fields(hook.body, policy_of(hook.policies, hook.method).rest_exclude);
  return {.app = std::move(app),
          .method = std::move(hook.method),
          .body = boost::json::serialize(hook.body),
          .event_id = random_token(20)};
}

void HookService::ask(Hook hook, EventLoop& loop, std::function<void(HookAnswer)> done) {
  const AppPtr app = apps_.find(hook.app_key);
  if (!app || !wants(hook.app_key, hook.method, hook.policies)) {
    return loop.post([done = std::move(done)] { done({}); });
  }
  control_.post([this, alive = alive_, &loop, app, hook = std::move(hook), done] {
    if (!*alive) return;
    const HookPolicy policy = policy_of(hook.policies, hook.method);
    sender_.send(message_of(app, hook), [this, &loop, app, done, policy, app_key = hook.app_key,
                                         method = hook.method](Result<fetch::Reply> reply) {
      const OnError on_error = policy.on_error == OnError::Unset ? app->on_error : policy.on_error;
      HookAnswer answer = judge_answer(method, policy, on_error, std::move(reply));
      if (!answer.problem.empty()) {
        log_.warning("hook {} of app {} {}: {}", method, printable(app_key, 60),
                     answer.allowed ? "failed, and is passed over" : "refuses", answer.problem);
      }
      loop.post([done, answer = std::move(answer)] { done(answer); });
    });
  });
}

void HookService::tell(Hook hook) {
  const AppPtr app = apps_.find(hook.app_key);
  if (!app || !wants(hook.app_key, hook.method, hook.policies)) return;
  control_.post([this, alive = alive_, app, hook = std::move(hook)]() mutable {
    if (!*alive) return;
    const std::string subject = hook.subject;
    notices_.push(message_of(app, std::move(hook)), subject);
  });
}

}  // namespace sipcast
