#include "http/server_state.hpp"

#include <mutex>
#include <vector>

namespace sipcast::http {

void LoopGate::post(Task task) {
  const std::shared_lock lock(mutex_);
  if (loop_) loop_->post(std::move(task));
}

void LoopGate::run(Task task) {
  {
    const std::shared_lock lock(mutex_);
    if (!loop_) return;
    if (!loop_->in_loop()) return loop_->post(std::move(task));
  }
  task();
}

void LoopGate::shut() {
  const std::unique_lock lock(mutex_);
  loop_ = nullptr;
}

void ServerState::shut_down() {
  stopping = true;
  const std::vector<OpenConnection*> open(connections.begin(), connections.end());
  for (OpenConnection* connection : open) {
    if (connections.contains(connection)) connection->shut_down();
  }
  report_if_drained();
}

void ServerState::report_if_drained() {
  if (!stopping || drained_set || !connections.empty()) return;
  drained_set = true;
  drained.set_value();
}

Registration::Registration(std::shared_ptr<ServerState> state, OpenConnection& connection)
    : state_(std::move(state)), connection_(&connection) {
  state_->connections.insert(connection_);
}

Registration::~Registration() {
  state_->connections.erase(connection_);
  state_->report_if_drained();
}

}  // namespace sipcast::http
