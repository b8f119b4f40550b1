#pragma once
#include <memory>
#include <string>
#include <vector>

#include "app/options.hpp"
#include "base/log.hpp"
#include "base/result.hpp"

namespace sipcast {

/// The one place that makes every part and wires it: loops, SIP, media, web. Main thread only.
class Server {
 public:
  /// Binds everything and starts. Errors: Io naming the port that is taken, InvalidArgument naming
  /// the option.
  static Result<std::unique_ptr<Server>> start(const Options& options, Logger log);
  ~Server();

  /// What it serves, for the ready line.
  std::vector<std::string> urls() const;
  /// Reads the TLS certificate and key, users, API keys and apps again (SIGHUP).
  void reload();
  /// No new calls (SIGUSR1); when the last one has ended, SIGTERM comes.
  void drain();
  /// BYE to phones, STOPPED to viewers; waits up to `patience` for the phones' answers.
  void shutdown(Duration patience);

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace sipcast
