#include <fmt/format.h>

#include <thread>

#include "bench/load/sip_phones.hpp"
#include "bench/load/viewer_fleet.hpp"
#include "bench/scenarios/context.hpp"
#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;

/// KiB a second by least squares.
double slope(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  double sx = 0, sy = 0, sxx = 0, sxy = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    const auto x = static_cast<double>(i);
    sx += x, sy += values[i], sxx += x * x, sxy += x * values[i];
  }
  const double below = n * sxx - sx * sx;
  return below == 0 ? 0 : (n * sxy - sx * sy) / below;
}

}  // namespace

void run_churn(const Context& context) {
  const size_t seconds = context.churn_seconds;
  constexpr size_t kJoins = 17, kCallsIn3s = 10;  // 10,200 joins and 2,000 calls in 10 minutes
  SipPhones phones({.video_bps = 200'000}, context.generator_core);
  SipcastServer server({context.binary, context.folder, context.server_core});
  server.call("fan", phones.address());
  ViewerFleet fleet(context.generator_core, 4, context.dtls, phones.frame_ends());
  const Instant began = std::chrono::steady_clock::now();
  std::vector<double> rss;
  size_t calls = 0, ended = 0;
  for (size_t second = 0; second < seconds; ++second) {
    fleet.join(kJoins, 1000ms / kJoins, [&](size_t) { return make_whep(server.http(), "/whep/fan"); });
    for (; calls < (second + 1) * kCallsIn3s / 3; ++calls) {
      server.call("c" + std::to_string(calls), phones.address());
    }
    for (; ended + 7 < calls; ++ended) server.hang_up("c" + std::to_string(ended));
    std::this_thread::sleep_until(began + (second + 1) * 1s);
    if (second >= 2) fleet.leave(kJoins);
    rss.push_back(static_cast<double>(server.process().rss_kib()));
  }
  const auto half = static_cast<std::ptrdiff_t>(rss.size() / 2);
  const double a_second = slope({rss.begin() + half, rss.end()});
  size_t failed = 0;
  for (const JoinTime& time : fleet.take_times()) failed += time.keyframe_ms < 0 ? 1 : 0;
  fmt::print("\n### Memory while viewers and calls come and go\n\n"
             "| seconds | joins | failed | calls | RSS at the half MiB | at the end MiB | slope over the second half, bytes a join |\n|---|---|---|---|---|---|---|\n"
             "| {} | {} | {} | {} | {:.1f} | {:.1f} | {:.0f} |\n",
             seconds, seconds * kJoins, failed, calls, rss[static_cast<size_t>(half)] / 1024,
             rss.back() / 1024, a_second * 1024 / kJoins);
  std::fflush(stdout);
}

}  // namespace sipcast::bench
