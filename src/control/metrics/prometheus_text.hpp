#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include "base/time.hpp"

namespace sipcast {

/// Counts of durations by size, for one series.
class Histogram {
 public:
  /// Upper bounds in seconds; one more bucket is for all.
  static constexpr std::array<double, 13> kBounds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,
                                                     1,     2.5,  5,     10,   30,  60};
  void observe(Duration value);
  const std::array<uint64_t, kBounds.size() + 1>& buckets() const { return buckets_; }
  double sum_seconds() const { return sum_seconds_; }

 private:
  std::array<uint64_t, kBounds.size() + 1> buckets_{};  // each by itself
  double sum_seconds_ = 0;
};

/// Writes the text format of Prometheus 0.0.4. A family is begun, then its samples follow; a name
/// may be begun once.
class PrometheusText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  void begin(std::string_view name, std::string_view type, std::string_view help);
  void sample(Labels labels, double value);
  void sample(Labels labels, uint64_t value);
  void sample(Labels labels, const Histogram& histogram);
  std::string take() { return std::move(text_); }

 private:
  void line(std::string_view suffix, Labels labels, std::string_view le, std::string_view value);
  std::string text_, name_;
};

}  // namespace sipcast
