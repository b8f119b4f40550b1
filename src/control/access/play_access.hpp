#pragma once
#include <boost/json/object.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "base/strong.hpp"
#include "control/access/access.hpp"
#include "control/hooks/hook_service.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

inline constexpr std::string_view kDefaultApp = "defaultApp";

/// Whether someone may watch a stream, by whichever way they come: an API key with the scope
/// `streams` may; else the hook of the app says so, where it has one; else `play.access` does. Web
/// loop only.
class PlayAccess {
 public:
  enum class Rule : uint8_t {
    Open,  ///< who is not asked about may
    Key,   ///< may not
  };
  struct Options {
    Rule rule = Rule::Open;
    Duration remember = std::chrono::seconds(30);  ///< an answer about a playlist
    size_t max_remembered = 10'000;
  };
  PlayAccess(Options options, EventLoop& web, const Access& access, HookService& hooks, Logger log);
  ~PlayAccess();
  PlayAccess(const PlayAccess&) = delete;

  struct Asked {
    std::string app_key{kDefaultApp};
    std::string method = "playStream";  ///< or "playHLS"
    std::string token;                  ///< of the viewer; "" for none
    StreamName stream;
    boost::json::object body;  ///< of the hook
    HookPoliciesPtr policies = nullptr;
  };
  struct Decision {
    bool allowed = true;
    bool without_token = false;  ///< one might have helped
    std::string reason = {};     ///< of a refusal, for the viewer
    StreamName stream;           ///< which one is played: a hook may name another
  };
  using Done = std::function<void(const Decision&)>;
  /// Calls `done` once: at once where nobody has to be asked, else later.
  void check(Asked asked, Done done);
  /// The same for a playlist, which players ask for again and again: an answer is remembered, by
  /// app, stream and token. The stream stays.
  void check_playlist(Asked asked, Done done);
  /// Everyone may, without a question.
  bool is_open(std::string_view app_key, std::string_view method,
               const HookPoliciesPtr& policies = nullptr) const;

 private:
  struct Remembered {
    std::optional<Decision> decision;  ///< none: it is being asked for
    Instant until;
    std::vector<Done> waiting;
  };
  Decision answered(const Asked& asked, const HookAnswer& answer) const;
  void forget_old(Instant now);

  Options options_;
  EventLoop& web_;
  const Access& access_;
  HookService& hooks_;
  Logger log_;
  std::map<std::string, Remembered> remembered_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// What WHEP and HLS have in place of a session: the token of `Authorization: Bearer` or `?token=`,
/// and the app of `?appKey=`. `provider` is WCS's word for the way.
PlayAccess::Asked asked_by_http(const http::Request& request, const StreamName& stream,
                                std::string_view provider);
/// 401, or 403 for a viewer with a token.
http::Response play_refused(const PlayAccess::Decision& decision);

}  // namespace sipcast
