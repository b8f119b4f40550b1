#pragma once
#include <algorithm>

#include "base/time.hpp"

namespace sipcast {

/// How many packets one viewer may have sent again: a burst, and so many a second. A viewer whose
/// NACKs ask for more (a broken or hostile one, or a line that drops everything) costs the others
/// nothing. On the viewer's loop.
class ResendBudget {
 public:
  static constexpr double kBurst = 256, kPerSecond = 500;

  /// Takes one packet off the budget; false when there is none left.
  bool take(Instant now) {
    const double since = std::chrono::duration<double>(now - filled_at_).count();
    left_ = std::min(kBurst, left_ + since * kPerSecond);
    filled_at_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
  }

 private:
  double left_ = kBurst;
  Instant filled_at_{};
};

}  // namespace sipcast
