#pragma once
#include <cstdint>
#include <memory>
#include <string>

namespace sipcast {

/// What a key of the API may be good for. `Admin` is good for all.
enum class Scope : uint8_t {
  Calls = 1,    ///< to start, see and end calls
  Streams = 2,  ///< streams, viewers, pushes, recordings; to watch
  Admin = 4,    ///< apps, the emergency stop, everything
};

/// Who asks for something by REST: a user, or an API key.
struct Principal {
  std::string name;        ///< "user alice", "key dialer": for logs and counters
  uint8_t scopes = 0;      ///< of Scope
  uint32_t max_calls = 0;  ///< at once; 0: only what is for all
  uint32_t calls_per_hour = 0;

  bool may(Scope scope) const {
    return (scopes & (static_cast<uint8_t>(scope) | static_cast<uint8_t>(Scope::Admin))) != 0;
  }
};
using PrincipalPtr = std::shared_ptr<const Principal>;

}  // namespace sipcast
