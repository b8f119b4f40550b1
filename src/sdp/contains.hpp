#pragma once
#include <algorithm>
#include <functional>
#include <ranges>

namespace sipcast::sdp {

/// std::ranges::contains, which libstdc++ 12 does not have.
template <std::ranges::input_range Range, class T, class Projection = std::identity>
bool contains(const Range& range, const T& value, Projection projection = {}) {
  return std::ranges::find(range, value, projection) != std::ranges::end(range);
}

}  // namespace sipcast::sdp
