#pragma once
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <shared_mutex>

#include "base/log.hpp"
#include "http/http.hpp"
#include "http/server.hpp"
#include "net/event_loop.hpp"

namespace sipcast::http {

/// The way to the web loop for those who may outlive it: handlers that answer late, WebSocket
/// handles that someone keeps. Any thread.
class LoopGate {
 public:
  explicit LoopGate(EventLoop& loop) : loop_(&loop) {}
  /// Posts; drops `task` when the gate is shut.
  void post(Task task);
  /// Runs `task` at once when called on the loop, else posts it.
  void run(Task task);
  /// From now on nobody touches the loop.
  void shut();

 private:
  std::shared_mutex mutex_;
  EventLoop* loop_;
};

/// A connection as the server sees it at its end. Web loop.
class OpenConnection {
 public:
  virtual ~OpenConnection() = default;
  virtual void shut_down() = 0;  ///< Ends soon; unregisters itself then.
  virtual void abandon() = 0;    ///< The loop does not run any more: tell observers now.
};

/// What connections share with their server. Connections keep it alive; `loop` and `router` are
/// valid until `connections` is empty. Web loop.
struct ServerState {
  ServerState(EventLoop& web_loop, const Router& served, ServerOptions limits, Logger logger)
      : loop(web_loop),
        router(served),
        options(limits),
        log(std::move(logger)),
        gate(std::make_shared<LoopGate>(web_loop)) {}

  EventLoop& loop;
  const Router& router;
  const ServerOptions options;
  const Logger log;
  const std::shared_ptr<LoopGate> gate;

  bool stopping = false;
  std::set<OpenConnection*> connections;
  std::promise<void> drained;
  bool drained_set = false;

  void shut_down();
  void report_if_drained();
};

/// Keeps a connection in ServerState::connections. Destroyed on the web loop, or when it is over.
class Registration {
 public:
  Registration(std::shared_ptr<ServerState> state, OpenConnection& connection);
  ~Registration();
  Registration(const Registration&) = delete;

 private:
  std::shared_ptr<ServerState> state_;
  OpenConnection* connection_;
};

}  // namespace sipcast::http
