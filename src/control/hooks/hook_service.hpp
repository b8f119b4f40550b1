#pragma once
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "control/hooks/app_registry.hpp"
#include "control/hooks/hook_answer.hpp"
#include "control/hooks/hook_notices.hpp"
#include "control/hooks/hook_policy.hpp"
#include "control/hooks/hook_sender.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// The REST hooks of WCS: asks and tells the back-ends of apps (wcs-rest 13). Any thread; what is
/// sent is sent from the control loop.
class HookService {
 public:
  struct Options {
    bool enabled = true;  ///< disable_rest_requests is off
    std::string node_id;  ///< of every body
    HookSender::Options sender;
    HookNotices::Options notices;
  };
  HookService(Options options, EventLoop& control, std::unique_ptr<DnsClient> dns,
              const AppRegistry& apps, Logger log);
  ~HookService();

  struct Hook {
    std::string app_key, method;
    std::string subject;  ///< what it is about: notices of one arrive in order
    boost::json::object body;
    HookPoliciesPtr policies = nullptr;  ///< of the session
  };
  /// Whether there is someone to ask or to tell.
  bool wants(std::string_view app_key, std::string_view method,
             const HookPoliciesPtr& policies = nullptr) const;
  /// False: there are apps, and this key is of none of them, so that nobody watches over who gives
  /// it. Without any app every key is as good as another.
  bool knows(std::string_view app_key) const;
  /// Asks, and calls `done` once, later, on `loop`: allowed without more where nobody is to be
  /// asked.
  void ask(Hook hook, EventLoop& loop, std::function<void(HookAnswer)> done);
  /// Tells, and tries again when that fails.
  void tell(Hook hook);
  const std::string& node_id() const { return options_.node_id; }

 private:
  HookSender::Message message_of(AppPtr app, Hook hook) const;

  Options options_;
  EventLoop& control_;
  const AppRegistry& apps_;
  Logger log_;
  HookSender sender_;
  HookNotices notices_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
