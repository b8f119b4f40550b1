#include "control/metrics/prometheus_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace sipcast {
namespace {

/// Label values are any UTF-8 but for these three.
void append_escaped(std::string& out, std::string_view value) {
  for (const char c : value) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '"') {
      out += "\\\"";
    } else if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
}

}  // namespace

void Histogram::observe(Duration value) {
  const double seconds = std::max(0.0, std::chrono::duration<double>(value).count());
  const auto at = std::ranges::lower_bound(kBounds, seconds);
  ++buckets_[static_cast<size_t>(at - kBounds.begin())];
  sum_seconds_ += seconds;
}

void PrometheusText::begin(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
}

void PrometheusText::line(std::string_view suffix, Labels labels, std::string_view le,
                          std::string_view value) {
  text_.append(name_).append(suffix);
  char before = '{';
  const auto label = [&](std::string_view name, std::string_view text) {
    text_ += std::exchange(before, ',');
    text_.append(name).append("=\"");
    append_escaped(text_, text);
    text_ += '"';
  };
  for (const auto& [name, text] : labels) label(name, text);
  if (!le.empty()) label("le", le);
  if (before == ',') text_ += '}';
  text_.append(" ").append(value).append("\n");
}

void PrometheusText::sample(Labels labels, double value) {
  line("", labels, "", fmt::format("{}", value));
}

void PrometheusText::sample(Labels labels, uint64_t value) {
  line("", labels, "", fmt::format("{}", value));
}

void PrometheusText::sample(Labels labels, const Histogram& histogram) {
  uint64_t count = 0;
  for (size_t i = 0; i < histogram.buckets().size(); ++i) {
    count += histogram.buckets()[i];
    const std::string le =
        i < Histogram::kBounds.size() ? fmt::format("{}", Histogram::kBounds[i]) : "+Inf";
    line("_bucket", labels, le, fmt::format("{}", count));
  }
  line("_sum", labels, "", fmt::format("{}", histogram.sum_seconds()));
  line("_count", labels, "", fmt::format("{}", count));
}

}  // namespace sipcast
