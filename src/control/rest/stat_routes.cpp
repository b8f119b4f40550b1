#include "control/rest/stat_routes.hpp"

#include <fmt/format.h>
#include <sys/sysinfo.h>

#include <boost/json.hpp>
#include <ctime>
#include <fstream>

#include "base/text.hpp"
#include "control/rest/http_status.hpp"

namespace sipcast::rest {
namespace {
namespace json = boost::json;

constexpr uint64_t kMegabyte = 1 << 20;

/// What the other loops say.
struct Counts {
  size_t calls = 0, calls_established = 0, pushes = 0;
  size_t ports = 0, ports_free = 0;
  std::vector<StreamInfo> streams;
};

/// CPU time of this process over the time since it was last asked for.
class CpuUse {
 public:
  double percent() {
    timespec used{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    const Instant now = std::chrono::steady_clock::now();
    const double seconds =
        static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
    const double elapsed = std::chrono::duration<double>(now - since_).count();
    if (elapsed < 0.5) return last_;  // two that ask at once
    last_ = 100 * (seconds - used_) / elapsed;
    since_ = now;
    used_ = seconds;
    return last_;
  }

 private:
  Instant since_ = std::chrono::steady_clock::now();
  double used_ = 0, last_ = 0;
};

/// A number of /proc/self/status: "Threads", "VmRSS" (kB).
uint64_t status_of_process(std::string_view name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const auto [key, value] = cut(line, ':');
    if (key == name) return parse_decimal(cut(trim(value), ' ').first).value_or(0);
  }
  return 0;
}

class Sections {
 public:
  void begin(std::string_view title) { text_ += fmt::format("-----{} Stats-----\n", title); }
  template <class T>
  void add(std::string_view key, T value) {
    text_ += fmt::format("{}={}\n", key, value);
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string text_;
};

std::string as_text(const Counts& counts, const ws::WcsSessions& sessions, double cpu_percent) {
  size_t live = 0, viewers = 0, mse = 0;
  for (const StreamInfo& stream : counts.streams) {
    live += stream.state == StreamState::Live;
    viewers += stream.viewers;
  }
  for (const StreamObject& stream : sessions.streams()) mse += stream.media_provider == "MSE";
  const size_t connections = sessions.connections().size();
  struct sysinfo system{};
  sysinfo(&system);

  Sections out;
  out.begin("Connection");
  out.add("connections", connections);
  out.add("connections_websocket", connections);
  out.add("connections_rtmfp", 0);
  out.begin("Port");
  out.add("ports_media_free", counts.ports_free);
  out.add("ports_media_busy", counts.ports - counts.ports_free);
  out.add("ports_media_quarantine", 0);
  out.begin("Stream");
  out.add("streams_rtmfp_in", 0);
  out.add("streams_rtmp_in", live);  // calls: WCS calls their provider Flash
  out.add("streams_rtsp_in", 0);
  out.add("streams_webrtc_in", 0);
  out.add("streams_rtmfp_out", 0);
  out.add("streams_rtmp_out", counts.pushes);
  out.add("streams_rtsp_out", 0);
  out.add("streams_webrtc_out", viewers);
  out.add("streams_websocket_out", mse);
  out.add("streams_viewers", viewers + mse);
  out.begin("Call");
  out.add("calls", counts.calls);
  out.add("calls_established", counts.calls_established);
  out.begin("System");
  out.add("system_java_cpu_usage", fmt::format("{:.1f}", cpu_percent));
  out.add("system_memory_total", system.totalram * system.mem_unit / kMegabyte);
  out.add("system_memory_free", system.freeram * system.mem_unit / kMegabyte);
  out.begin("Core");
  out.add("core_threads", status_of_process("Threads"));
  out.add("core_java_threads", status_of_process("Threads"));
  out.add("core_java_committedMemory", status_of_process("VmRSS") / 1024);
  out.add("core_java_freePhysicalMemorySize", system.freeram * system.mem_unit / kMegabyte);
  return std::move(out).text();
}

/// format=json&groups=transcoding_stats, which the SDK's console asks for: nothing is transcoded.
std::string transcoding_as_json(const Counts& counts) {
  json::object streams;
  for (const StreamInfo& stream : counts.streams) {
    streams[stream.name] = {{"distributors", json::object{}}};
  }
  return json::serialize(
      json::object{{"transcoding_stats", {{"transcoding_video_full_info", std::move(streams)}}}});
}

struct Stat {
  EventLoop& control;
  EventLoop& web;
  CallService& calls;
  PushService& pushes;
  MediaPlane& media;
  ws::WcsSessions& sessions;
  CpuUse cpu{};

  void count(const std::function<void(const Counts&)>& done);
  http::Response answer(const http::Request& request, const Counts& counts);
};

/// `done` runs on the web loop.
void Stat::count(const std::function<void(const Counts&)>& done) {
  auto counts = std::make_shared<Counts>();
  control.post([this, counts, done] {
    for (const CallInfo& call : calls.find({})) {
      counts->calls += !is_final(call.status);
      counts->calls_established += call.status == CallStatus::Established;
    }
    counts->pushes = pushes.list().size();
    media.list_ports([this, counts, done](size_t free, size_t total) {
      counts->ports_free = free;
      counts->ports = total;
      media.list_streams([this, counts, done](std::vector<StreamInfo> streams) {
        counts->streams = std::move(streams);
        web.post([counts, done] { done(*counts); });
      });
    });
  });
}

http::Response Stat::answer(const http::Request& request, const Counts& counts) {
  const std::string format = request.query_value("format");
  if (format.empty() || format == "text") {
    return http::Response::text(200, as_text(counts, sessions, cpu.percent()));
  }
  if (format == "json" && request.query_value("groups") == "transcoding_stats") {
    return http::Response::json(200, transcoding_as_json(counts));
  }
  return error_response(
      {Errc::Unsupported,
       "format, groups: JSON is made of transcoding_stats alone; /metrics has all "
       "figures"});
}

}  // namespace

http::Handler stat_handler(EventLoop& control, EventLoop& web, CallService& calls,
                           PushService& pushes, MediaPlane& media, ws::WcsSessions& sessions) {
  const auto stat = std::make_shared<Stat>(control, web, calls, pushes, media, sessions);
  return [stat](const http::Request& request, const http::Respond& respond) {
    stat->count(
        [stat, request, respond](const Counts& counts) { respond(stat->answer(request, counts)); });
  };
}

}  // namespace sipcast::rest
