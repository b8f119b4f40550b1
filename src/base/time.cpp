#include "base/time.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace sipcast {

std::string iso_time(WallTime time) {
  const auto ms = std::chrono::floor<std::chrono::milliseconds>(time);
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                     fmt::gmtime(std::chrono::floor<std::chrono::seconds>(ms)),
                     ms.time_since_epoch().count() % 1000);
}

}  // namespace sipcast
