#include "control/hooks/hook_notices.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace sipcast {
namespace {
constexpr size_t kLanesPerApp = 8;
}

bool is_worth_another_try(const Result<fetch::Reply>& reply) {
  if (!reply) return reply.error().code != Errc::Forbidden;
  const int status = reply->status;
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

Duration pause_after(int tries, const HookNotices::Options& options) {
  const int doublings = std::clamp(tries - 1, 0, 16);
  return std::min(options.longest_pause, options.first_pause * (1 << doublings));
}

void HookNotices::push(HookSender::Message message, const std::string& subject) {
  if (queued_ >= options_.max_queued) {
    if (stats_.dropped_total++ % 1000 == 0) {
      log_.warning("hooks: {} notices wait already: {} for app {} is dropped", queued_,
                   message.method, printable(message.app->key, 60));
    }
    return;
  }
  const std::string key =
      fmt::format("{} {}", std::hash<std::string>{}(subject) % kLanesPerApp, message.app->key);
  message.may_wait = true;
  const auto at = lanes_.try_emplace(key).first;
  at->second.queue.push_back(std::move(message));
  ++queued_;
  if (!at->second.busy) send_next(at);
}

void HookNotices::send_next(Lanes::iterator at) {
  at->second.busy = true;
  ++at->second.tries;
  sender_.send(
      at->second.queue.front(),
      [this, key = at->first](const Result<fetch::Reply>& reply) { answered(key, reply); });
}

void HookNotices::answered(const std::string& key, const Result<fetch::Reply>& reply) {
  const auto at = lanes_.find(key);
  if (at == lanes_.end()) return;
  Lane& lane = at->second;
  const HookSender::Message& message = lane.queue.front();
  const std::string said =
      reply ? fmt::format("HTTP {} {}", reply->status, printable(reply->reason, 60))
            : printable(reply.error().cause);
  if (is_worth_another_try(reply)) {
    if (lane.tries < options_.max_tries) {
      ++stats_.retried_total;
      const Duration pause = pause_after(lane.tries, options_);
      log_.info("hook {} of app {}: {}: again in {} ms", message.method,
                printable(message.app->key, 60), said, to_ms(pause));
      lane.pause = control_.after(pause, [this, key] {
        if (const auto still = lanes_.find(key); still != lanes_.end()) send_next(still);
      });
      return;
    }
    ++stats_.dropped_total;
    log_.warning("hook {} of app {} is given up after {} tries: {}", message.method,
                 printable(message.app->key, 60), lane.tries, said);
  } else if (!reply || reply->status != 200) {
    ++stats_.told_total;
    log_.info("hook {} of app {}: {}", message.method, printable(message.app->key, 60), said);
  } else {
    ++stats_.told_total;
  }
  done_with_first(at);
}

void HookNotices::done_with_first(Lanes::iterator at) {
  Lane& lane = at->second;
  lane.queue.pop_front();
  lane.tries = 0;
  --queued_;
  if (!lane.queue.empty()) return send_next(at);
  lanes_.erase(at);
}

}  // namespace sipcast
