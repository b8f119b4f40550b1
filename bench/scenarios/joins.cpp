#include <fmt/format.h>

#include <thread>

#include "bench/load/sip_phones.hpp"
#include "bench/load/statistics.hpp"
#include "bench/load/viewer_fleet.hpp"
#include "bench/scenarios/context.hpp"
#include "bench/scenarios/janus_server.hpp"
#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;

std::vector<double> keyframe_times(const std::vector<JoinTime>& times) {
  std::vector<double> seen;
  for (const JoinTime& time : times) {
    if (time.keyframe_ms >= 0) seen.push_back(time.keyframe_ms);
  }
  return seen;
}

struct Rate {
  size_t joins_a_second;
  Runs p50, p95, worst, cpu_ms, calm_p99, busy_p99;
  size_t failed = 0;
};

/// `standing` viewers watch; then as many join as leave.
void join_steadily(const Context& context, Rate& rate) {
  const size_t standing = context.quick ? 5 : 50;
  const Duration took = context.quick ? 1s : 4s;
  SipPhones phones({.gop = 10s}, context.generator_core);
  SipcastServer server({context.binary, context.folder, context.server_core});
  server.call("fan", phones.address());
  ViewerFleet fleet(context.generator_core, 8, context.dtls, phones.frame_ends());
  const auto whep = [&](size_t) { return make_whep(server.http(), "/whep/fan"); };
  fleet.measure_below(standing);
  fleet.join(standing, 20ms, whep);
  fleet.settle(30s);
  std::this_thread::sleep_for(2s);  // their replays are over
  fleet.take_totals();
  fleet.take_times();
  const uint64_t before = server.process().cpu_ns();
  std::this_thread::sleep_for(took);
  const auto calm = server.process().cpu_ns() - before;
  rate.calm_p99.add(percentile(fleet.take_totals().latency_us, 0.99) / 1000);

  const size_t joins = rate.joins_a_second * static_cast<size_t>(took / 1s);
  const uint64_t start = server.process().cpu_ns();
  fleet.join(joins, 1000ms / static_cast<int64_t>(rate.joins_a_second), whep);
  const Instant began = std::chrono::steady_clock::now();
  size_t left = 0;
  for (int tick = 1; tick <= took / 100ms; ++tick) {
    std::this_thread::sleep_until(began + tick * 100ms);
    // Half a second behind the joins, so that nobody leaves before having a picture.
    const size_t due = tick > 5 ? rate.joins_a_second * static_cast<size_t>(tick - 5) / 10 : 0;
    fleet.leave(due - left, standing);
    left = due;
  }
  const auto busy = server.process().cpu_ns() - start;
  rate.busy_p99.add(percentile(fleet.take_totals().latency_us, 0.99) / 1000);
  fleet.settle(20s);
  const auto times = keyframe_times(fleet.take_times());
  rate.failed += joins - times.size();
  rate.p50.add(percentile(times, 0.5));
  rate.p95.add(percentile(times, 0.95));
  rate.worst.add(percentile(times, 1));
  rate.cpu_ms.add((static_cast<double>(busy) - static_cast<double>(calm)) / 1e6 /
                  static_cast<double>(joins));
}

void print_joins(const Context& context) {
  fmt::print("\n### Joins at a GOP of 10 s, 1 Mbit/s\n\n"
             "50 viewers watch; others join (WHEP, ICE, DTLS, replay of the GOP so far) and leave half a second later. From the POST until a keyframe was complete at the viewer; "
             "CPU is what the server used more than without joins. Median (least-most) of {} runs.\n\n"
             "| joins/s | keyframe p50 ms | p95 ms | worst ms | failed | CPU ms a join | p99 latency of the 50: calm ms | while joining ms |\n|---|---|---|---|---|---|---|---|\n",
             context.runs);
  for (const size_t a_second : context.quick ? std::vector<size_t>{10} : std::vector<size_t>{40, 200}) {
    Rate rate{.joins_a_second = a_second};
    for (size_t run = 0; run < context.runs; ++run) join_steadily(context, rate);
    fmt::print("| {} | {:.1f} | {:.1f} ({:.1f}-{:.1f}) | {:.1f} | {} | {:.2f} ({:.2f}-{:.2f}) | {:.2f} | {:.2f} |\n",
               a_second, rate.p50.median(), rate.p95.median(), rate.p95.least(), rate.p95.most(),
               rate.worst.median(), rate.failed, rate.cpu_ms.median(), rate.cpu_ms.least(),
               rate.cpu_ms.most(), rate.calm_p99.median(), rate.busy_p99.median());
    std::fflush(stdout);
  }
}

/// Resident memory before, with `viewers` just joined, and when their SSL objects are gone.
void print_memory_of(const char* name, Process& server, ViewerFleet& fleet, size_t viewers,
                     const ViewerFleet::MakeSignalling& make, Duration settled_after) {
  fleet.join(10, 20ms, make);  // what is made once
  fleet.settle(30s);
  const uint64_t before = server.rss_kib();
  fleet.join(viewers, 10ms, make);
  fleet.settle(60s);
  const auto a_viewer = [&] {
    return (static_cast<double>(server.rss_kib()) - static_cast<double>(before)) /
           static_cast<double>(viewers);
  };
  const double at_once = a_viewer();
  std::this_thread::sleep_for(settled_after);
  fmt::print("| {} | {} | {:.1f} | {:.1f} | {:.1f} |\n", name, fleet.watching() - 10,
             static_cast<double>(before) / 1024, at_once, a_viewer());
  std::fflush(stdout);
}

void print_memory(const Context& context) {
  const Duration settled_after = context.quick ? 1s : 70s;
  const size_t viewers = context.quick ? 10 : 300;
  fmt::print("\n### Memory a viewer\n\n"
             "| server | viewers | before MiB | KiB a viewer, just joined | KiB a viewer, {} s later |\n|---|---|---|---|---|\n",
             to_ms(settled_after) / 1000);
  {
    SipPhones phones({.video_bps = 300'000}, context.generator_core);
    SipcastServer server({context.binary, context.folder, context.server_core});
    server.call("fan", phones.address());
    ViewerFleet fleet(context.generator_core, 4, context.dtls, phones.frame_ends());
    print_memory_of("**sipcast**", server.process(), fleet, viewers,
                    [&](size_t) { return make_whep(server.http(), "/whep/fan"); }, settled_after);
  }
  if (auto janus = JanusServer::start(context.folder, context.server_core)) {
    RtpPhone phone({.video_bps = 300'000}, janus->phone_to(), context.generator_core);
    ViewerFleet fleet(context.generator_core, 4, context.dtls, phone.frame_ends());
    print_memory_of("Janus", janus->process(), fleet, viewers / 3,
                    [&](size_t) { return janus->signalling(); }, settled_after / 4);
  }
}

}  // namespace

void run_joins(const Context& context) {
  print_joins(context);
  print_memory(context);
}

}  // namespace sipcast::bench
