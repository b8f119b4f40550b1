#include <fmt/format.h>

#include <cstdlib>
#include <thread>

#include "bench/load/probe.hpp"
#include "bench/load/sip_phones.hpp"
#include "bench/load/statistics.hpp"
#include "bench/load/viewer_fleet.hpp"
#include "bench/scenarios/context.hpp"
#include "bench/scenarios/janus_server.hpp"
#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;
constexpr size_t kJanusMost = 200;  // more of it fill the core

/// One run of one server.
struct Outcome {
  double ns_per_packet = 0, core_percent = 0, lost_percent = 0;
  double p50_ms = 0, p99_ms = 0, frame_p50_ms = 0, frame_p99_ms = 0;
  double generator_percent = 0;
};

uint64_t own_cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(used.tv_nsec);
}

void wait_for_all(const char* server, ViewerFleet& fleet, size_t viewers) {
  fleet.settle(20s);
  if (fleet.watching() == viewers) return;
  std::string error = "no keyframe came";
  for (const JoinTime& time : fleet.take_times()) {
    if (!time.error.empty()) error = time.error;
  }
  fmt::print(stderr, "{}: {} of {} viewers watch: {}\n", server, fleet.watching(), viewers, error);
}

Outcome measure(const Context& context, ViewerFleet& fleet, Process& server) {
  std::this_thread::sleep_for(300ms);
  [[maybe_unused]] const ViewerTotals before = fleet.take_totals();
  const uint64_t cpu = server.cpu_ns(), own = own_cpu_ns();
  const Instant began = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(context.measured);
  const double used = static_cast<double>(server.cpu_ns() - cpu);
  const double own_used = static_cast<double>(own_cpu_ns() - own);
  const double took = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - began).count();
  const ViewerTotals seen = fleet.take_totals();
  const double all = static_cast<double>(seen.packets + seen.lost);
  return {.ns_per_packet = used / std::max(1.0, static_cast<double>(seen.packets)),
          .core_percent = 100 * used / took,
          .lost_percent = all > 0 ? 100 * static_cast<double>(seen.lost) / all : 0,
          .p50_ms = percentile(seen.latency_us, 0.5) / 1000,
          .p99_ms = percentile(seen.latency_us, 0.99) / 1000,
          .frame_p50_ms = percentile(seen.behind_frame_us, 0.5) / 1000,
          .frame_p99_ms = percentile(seen.behind_frame_us, 0.99) / 1000,
          .generator_percent = 100 * own_used / took};
}

Outcome run_sipcast(const Context& context, const SourceOptions& source, size_t viewers,
                    const std::vector<std::string>& options) {
  SipPhones phones(source, context.generator_core);
  SipcastServer server({.binary = context.binary,
                        .folder = context.folder,
                        .core = context.server_core,
                        .more = options});
  server.call("fan", phones.address());
  ViewerFleet fleet(context.generator_core, 4, context.dtls, phones.frame_ends());
  fleet.join(viewers, 10ms, [&](size_t) { return make_whep(server.http(), "/whep/fan"); });
  wait_for_all("sipcast", fleet, viewers);
  return measure(context, fleet, server.process());
}

Outcome run_janus(const Context& context, const SourceOptions& source, size_t viewers) {
  JanusServer server(context.folder, context.server_core);
  RtpPhone phone(source, server.phone_to(), context.generator_core);
  ViewerFleet fleet(context.generator_core, 4, context.dtls, phone.frame_ends());
  fleet.join(viewers, 20ms, [&](size_t) { return server.signalling(); });
  wait_for_all("Janus", fleet, viewers);
  return measure(context, fleet, server.process());
}

/// Medians and spread of one line of the table.
struct Line {
  Runs ns, percent, ratio, gso_ratio, lost, p50, p99, frame_p50, frame_p99, generator;
  void add(const Outcome& run, double plain, double gso) {
    ns.add(run.ns_per_packet / 1000);
    percent.add(run.core_percent);
    ratio.add(run.ns_per_packet / plain);
    gso_ratio.add(run.ns_per_packet / gso);
    lost.add(run.lost_percent);
    p50.add(run.p50_ms);
    p99.add(run.p99_ms);
    frame_p50.add(run.frame_p50_ms);
    frame_p99.add(run.frame_p99_ms);
    generator.add(run.generator_percent);
  }
  void print(size_t viewers, const char* what) const {
    fmt::print("| {} | {} | {:.2f} ({:.2f}-{:.2f}) | {:.0f} | {:.2f} ({:.2f}-{:.2f}) | {:.2f} ({:.2f}-{:.2f}) | {:.3f} | {:.2f} / {:.2f} | {:.2f} / {:.2f} | {:.0f} |\n",
               viewers, what, ns.median(), ns.least(), ns.most(), percent.median(), ratio.median(),
               ratio.least(), ratio.most(), gso_ratio.median(), gso_ratio.least(), gso_ratio.most(),
               lost.median(), p50.median(), p99.median(), frame_p50.median(), frame_p99.median(),
               generator.median());
    std::fflush(stdout);
  }
};

void run_rows(const Context& context, const SourceOptions& source, size_t viewers) {
  const FrameEnds none;
  Runs plain_us, gso_us;
  Line ours, without_gso, janus;
  const bool with_janus = viewers <= kJanusMost && std::system("command -v janus > /dev/null") == 0;
  for (size_t run = 0; run < context.runs; ++run) {
    double plain = 0, gso = 0;
    {
      ViewerFleet sinks(context.generator_core, 0, context.dtls, none);
      const auto to = sinks.open_sinks(viewers);
      const auto probe = [&](ProbeSend send) {
        return run_probe(source, to, send, context.measured / 2, context.server_core).ns_per_packet;
      };
      plain = probe(ProbeSend::Plain);
      gso = probe(ProbeSend::Gso);
    }
    plain_us.add(plain / 1000);
    gso_us.add(gso / 1000);
    ours.add(run_sipcast(context, source, viewers, {}), plain, gso);
    if (run == 0 || !context.quick) {
      without_gso.add(run_sipcast(context, source, viewers, {"--media.gso=false"}), plain, gso);
    }
    if (with_janus) janus.add(run_janus(context, source, viewers), plain, gso);
  }
  fmt::print("| {} | probe, sendmmsg (*c*) | {:.2f} ({:.2f}-{:.2f}) | | 1 | | | | | |\n", viewers,
             plain_us.median(), plain_us.least(), plain_us.most());
  fmt::print("| {} | probe, GSO | {:.2f} ({:.2f}-{:.2f}) | | {:.2f} | 1 | | | | |\n", viewers,
             gso_us.median(), gso_us.least(), gso_us.most(), gso_us.median() / plain_us.median());
  ours.print(viewers, "**sipcast**");
  without_gso.print(viewers, "sipcast, `media.gso = false`");
  if (with_janus) janus.print(viewers, "Janus");
}

}  // namespace

void run_fan_out(const Context& context) {
  for (const Pace pace : {Pace::AtOnce, Pace::Spread}) {
    fmt::print("\n### Fan-out at 1 Mbit/s and PCMA, {}\n\n",
               pace == Pace::AtOnce ? "a phone that sends a frame at once" : "a paced source");
    fmt::print("CPU a packet and viewer in microseconds; ratios to the probes of the same run; median (least-most) of {} runs of {} s.\n"
               "Latency is p50 / p99 in ms: since the packet was sent, and (video) since the last packet of its frame was sent.\n\n",
               context.runs, to_ms(context.measured) / 1000);
    fmt::print("| viewers | server | µs a packet | core % | ratio to *c* | ratio to GSO probe | lost % | latency | behind the frame's end | generator % |\n"
               "|---|---|---|---|---|---|---|---|---|---|\n");
    for (const size_t viewers : context.viewers) {
      run_rows(context, {.pace = pace}, viewers);
    }
  }
}

}  // namespace sipcast::bench
