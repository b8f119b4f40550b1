#pragma once
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "control/access/play_access.hpp"
#include "control/hooks/hook_service.hpp"
#include "net/event_loop.hpp"

namespace sipcast::ws {

/// One session's side of the hooks: `connect` decides on it, `playStream` on each stream, and the
/// back-end hears what becomes of both. Web loop.
class SessionHooks {
 public:
  SessionHooks(HookService& hooks, PlayAccess& access, EventLoop& web, std::string session_id)
      : hooks_(hooks), access_(access), web_(web), session_id_(std::move(session_id)) {}
  ~SessionHooks() { *alive_ = false; }
  SessionHooks(const SessionHooks&) = delete;

  struct Welcome {
    bool allowed = true;
    std::string reason = {};          ///< of a refusal, for the client
    boost::json::object client = {};  ///< what it has said of itself, as the back-end changes it
  };
  /// `client` is the body of its `connection`, `origin` the header of that name. Calls `done` once,
  /// at once where nobody has to be asked, or never when this is gone by then.
  void connect(boost::json::object client, std::string_view origin,
               std::function<void(const Welcome&)> done);
  /// `request` is the body of its `playStream`. As above.
  void play(const boost::json::object& request,
            std::function<void(const PlayAccess::Decision&)> done);

  /// The same for a picture of a stream: `snapshot` decides, or `playStream` where that is not
  /// asked.
  void look(const boost::json::object& request,
            std::function<void(const PlayAccess::Decision&)> done);

  /// ConnectionStatusEvent.
  void tell_connection(std::string_view status);
  /// stopStream.
  void tell_stop(const boost::json::object& request);
  /// StreamStatusEvent, as the client will hear of it. What the back-end has excluded for clients
  /// is taken off.
  void tell_stream(boost::json::object& event);

 private:
  void check(std::string_view method, const boost::json::object& request,
             std::function<void(const PlayAccess::Decision&)> done);
  Welcome welcomed(boost::json::object client, const HookAnswer& answer);
  void tell(std::string_view method, const std::string& subject, boost::json::object body);

  HookService& hooks_;
  PlayAccess& access_;
  EventLoop& web_;
  const std::string session_id_;
  std::string app_key_{kDefaultApp};
  boost::json::value custom_;  ///< of the session
  HookPoliciesPtr policies_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast::ws
