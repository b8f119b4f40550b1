#include <fmt/format.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "bench/load/sip_callers.hpp"
#include "bench/load/sip_phones.hpp"
#include "bench/load/statistics.hpp"
#include "bench/load/viewer_fleet.hpp"
#include "bench/scenarios/context.hpp"
#include "bench/scenarios/kamailio.hpp"
#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;

/// Datagrams that this machine's sockets had no room for.
uint64_t udp_overflows() {
  std::ifstream file("/proc/net/snmp");
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("Udp: ")) continue;
    std::istringstream words(line);
    std::vector<std::string> found;
    for (std::string word; words >> word;) found.push_back(word);
    if (names.empty()) {
      names = found;
      continue;
    }
    for (size_t i = 0; i < found.size(); ++i) {
      if (names[i] == "RcvbufErrors") return std::stoull(found[i]);
    }
  }
  return 0;
}

std::string user(size_t number) { return "p" + std::to_string(number); }

struct Ingest {
  Runs percent, us, kib, overflows, p99, lost;
};

void ingest(const Context& context, size_t calls, Ingest& line) {
  SipPhones phones({.video_bps = 500'000}, context.generator_core);
  SipcastServer server({context.binary, context.folder, context.server_core});
  server.call("warm", phones.address());
  std::this_thread::sleep_for(500ms);
  const uint64_t rss = server.process().rss_kib();
  const Instant began = std::chrono::steady_clock::now();
  for (size_t i = 0; i < calls; ++i) {
    server.call(user(i), phones.address());
    std::this_thread::sleep_until(began + 5ms * static_cast<int64_t>(i));
  }
  ViewerFleet fleet(context.generator_core, 2, context.dtls, phones.frame_ends());
  constexpr size_t kWatchers = 5;
  fleet.join(kWatchers, 10ms, [&](size_t number) {
    return make_whep(server.http(), "/whep/" + user(number * (calls / kWatchers)));
  });
  if (!fleet.settle(20s) || fleet.watching() < kWatchers) {
    fmt::print(stderr, "calls: {} of {} streams are seen\n", fleet.watching(), kWatchers);
  }
  std::this_thread::sleep_for(2s);  // a GOP in each history
  fleet.take_totals();
  const auto sent = phones.totals();
  const uint64_t cpu = server.process().cpu_ns(), overflows = udp_overflows();
  const Instant start = std::chrono::steady_clock::now();
  std::this_thread::sleep_for(context.measured);
  const double used = static_cast<double>(server.process().cpu_ns() - cpu);
  const double took = std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count();
  const auto more = phones.totals();
  const ViewerTotals seen = fleet.take_totals();
  const auto packets = static_cast<double>(more.packets - sent.packets);
  if (more.answered < calls + 1) fmt::print(stderr, "calls: {} of {} answered\n", more.answered, calls);
  line.percent.add(100 * used / took);
  line.us.add(used / packets / 1000);
  line.overflows.add(static_cast<double>(udp_overflows() - overflows));
  line.p99.add(percentile(seen.latency_us, 0.99) / 1000);
  line.lost.add(static_cast<double>(seen.lost));
  line.kib.add((static_cast<double>(server.process().rss_kib()) - static_cast<double>(rss)) /
               static_cast<double>(calls));
}

void print_ingest(const Context& context) {
  fmt::print("\n### Calls received at once\n\n"
             "Each 500 kbit/s of H.264 and PCMA (a frame at once, GOP 2 s), nobody watching but 5 viewers of 5 of them. "
             "Overflows are datagrams that the kernel had no room for, of the whole machine. Memory holds the history of a GOP (125 KB). Median (least-most) of {} runs of {} s.\n\n"
             "| calls | core % | µs a packet | KiB a call | overflows | lost at viewers | latency p99 ms |\n|---|---|---|---|---|---|---|\n",
             context.runs, to_ms(context.measured) / 1000);
  for (const size_t calls : context.calls) {
    Ingest line;
    for (size_t run = 0; run < context.runs; ++run) ingest(context, calls, line);
    fmt::print("| {} | {:.1f} ({:.1f}-{:.1f}) | {:.2f} | {:.0f} | {:.0f} | {:.0f} | {:.2f} |\n", calls,
               line.percent.median(), line.percent.least(), line.percent.most(), line.us.median(),
               line.kib.median(), line.overflows.median(), line.lost.median(), line.p99.median());
    std::fflush(stdout);
  }
}

struct SetUps {
  Runs cpu_us, done_percent;
};
constexpr Duration kTalk = 1s;

/// Starts `a_second` calls a second and ends each after kTalk; returns how many.
template <class Start, class End>
size_t make_calls(const Context& context, size_t a_second, Start start, End end) {
  const size_t calls = a_second * (context.quick ? 1 : 4);
  const Instant began = std::chrono::steady_clock::now();
  const auto apart = std::chrono::nanoseconds(1'000'000'000 / a_second);
  for (size_t i = 0; i < calls + a_second; ++i) {
    if (i < calls) start(user(i));
    if (i >= a_second) end(user(i - a_second));
    std::this_thread::sleep_until(began + apart * static_cast<int64_t>(i));
  }
  std::this_thread::sleep_for(500ms);
  return calls;
}

void add_set_ups(SetUps& line, uint64_t cpu_ns, size_t calls, size_t done) {
  line.cpu_us.add(static_cast<double>(cpu_ns) / 1000 / static_cast<double>(calls));
  line.done_percent.add(100 * static_cast<double>(done) / static_cast<double>(calls));
}

void set_up(const Context& context, size_t a_second, SetUps& line) {
  SipPhones phones({.video_bps = 0, .audio = false}, context.generator_core);
  SipcastServer server(
      {context.binary, context.folder, context.server_core, {"--call_linger=0s"}});
  const uint64_t cpu = server.process().cpu_ns();
  const size_t calls = make_calls(
      context, a_second, [&](const std::string& name) { server.call(name, phones.address()); },
      [&](const std::string& name) { server.hang_up(name); });
  add_set_ups(line, server.process().cpu_ns() - cpu, calls, phones.totals().ended);
}

void set_up_by_proxy(const Context& context, Kamailio& kamailio, size_t a_second, SetUps& line) {
  SipPhones phones({.video_bps = 0, .audio = false}, context.generator_core);
  SipCallers callers(kamailio.address, phones.address(), kTalk, context.generator_core);
  const uint64_t cpu = kamailio.process->cpu_ns();
  const size_t calls = make_calls(
      context, a_second, [&](const std::string& name) { callers.call(name); },
      [](const std::string&) {});
  add_set_ups(line, kamailio.process->cpu_ns() - cpu, calls, callers.ended());
}

void print_set_ups(const Context& context) {
  fmt::print("\n### Call set-ups\n\n"
             "sipcast: REST startup, INVITE, 200, ACK, and a second later REST terminate and BYE; HTTP, ports and stream of each included, no media. "
             "Kamailio: the same SIP messages through a stateful record-routing proxy with one worker. Median (least-most) of {} runs.\n\n"
             "| server | set-ups/s | done % | CPU µs a call | set-ups/s that a core would do |\n|---|---|---|---|---|\n",
             context.runs);
  const auto row = [](const char* name, size_t rate, const SetUps& line) {
    fmt::print("| {} | {} | {:.1f} | {:.0f} ({:.0f}-{:.0f}) | {:.0f} |\n", name, rate,
               line.done_percent.median(), line.cpu_us.median(), line.cpu_us.least(),
               line.cpu_us.most(), 1e6 / line.cpu_us.median());
    std::fflush(stdout);
  };
  for (const size_t rate : context.quick ? std::vector<size_t>{20} : std::vector<size_t>{100, 500}) {
    SetUps ours, proxy;
    for (size_t run = 0; run < context.runs; ++run) {
      set_up(context, rate, ours);
      const auto kamailio = start_kamailio(context.folder, context.server_core);
      if (kamailio) set_up_by_proxy(context, *kamailio, rate, proxy);
    }
    row("**sipcast**", rate, ours);
    if (proxy.cpu_us.size() > 0) row("Kamailio", rate, proxy);
  }
}

void print_first_picture(const Context& context) {
  const size_t calls = context.quick ? 5 : 100;
  SipPhones phones({.video_bps = 500'000, .gop = 10s}, context.generator_core);
  SipcastServer server({context.binary, context.folder, context.server_core});
  ViewerFleet fleet(context.generator_core, 8, context.dtls, phones.frame_ends());
  std::vector<uint64_t> asked;
  for (size_t i = 0; i < calls; ++i) {
    asked.push_back(wall_ns());
    server.call(user(i), phones.address());
    fleet.join(1, 0ms, [&](size_t number) { return make_whep(server.http(), "/whep/" + user(number)); });
    std::this_thread::sleep_for(100ms);
  }
  fleet.settle(10s);
  const auto times = fleet.take_times();
  std::vector<double> to_invite, to_keyframe;
  for (size_t i = 0; i < calls; ++i) {
    const uint64_t invited = phones.invited_ns(user(i));
    if (invited == 0) continue;
    to_invite.push_back(static_cast<double>(invited - asked[i]) / 1e6);
    if (i < times.size() && times[i].keyframe_ns > 0) {
      to_keyframe.push_back(static_cast<double>(times[i].keyframe_ns - invited) / 1e6);
    }
  }
  fmt::print("\n### From REST to the picture\n\n{} calls, 10 a second; the phone answers at once and begins with a keyframe; one viewer each asked by WHEP right behind the REST request, "
             "and does ICE and DTLS when the answer comes.\n\n"
             "| from | to | n | p50 ms | p95 ms | worst ms |\n|---|---|---|---|---|---|\n", calls);
  const auto row = [](const char* from, const char* to, const std::vector<double>& values) {
    fmt::print("| {} | {} | {} | {:.2f} | {:.2f} | {:.2f} |\n", from, to, values.size(),
               percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1));
  };
  row("REST startup sent", "INVITE at the phone", to_invite);
  row("INVITE at the phone", "keyframe complete at a waiting viewer", to_keyframe);
  std::fflush(stdout);
}

}  // namespace

void run_calls(const Context& context) {
  print_first_picture(context);
  print_set_ups(context);
  print_ingest(context);
}

}  // namespace sipcast::bench
