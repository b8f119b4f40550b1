#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

namespace sipcast::bench {

/// The value below which the part `p` of `values` lies (nearest rank); 0 when there is none.
template <class T>
double percentile(std::vector<T> values, double p) {
  if (values.empty()) return 0;
  const auto rank = static_cast<size_t>(std::ceil(p * static_cast<double>(values.size())));
  const size_t at = std::clamp<size_t>(rank, 1, values.size()) - 1;
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(at), values.end());
  return static_cast<double>(values[at]);
}

/// Of the runs of one figure.
class Runs {
 public:
  void add(double value) { values_.push_back(value); }
  double median() const { return percentile(values_, 0.5); }
  double least() const { return percentile(values_, 0); }
  double most() const { return percentile(values_, 1); }
  size_t size() const { return values_.size(); }

 private:
  std::vector<double> values_;
};

}  // namespace sipcast::bench
