#include "control/v1/server_routes.hpp"

#include <map>

#include "control/metrics/process_metrics.hpp"
#include "control/metrics/stream_metrics.hpp"
#include "control/v1/strict_fields.hpp"

namespace sipcast::v1 {
namespace {

boost::json::object drain_state(const CallService& calls) {
  return {{"draining", calls.draining()}, {"calls", calls.running()}};
}

http::Response drain(CallService& calls, const http::Request& request, bool on) {
  auto fields = StrictFields::parse(request.body);
  if (!fields) return refusal(fields.error());
  if (const auto checked = fields->check(); !checked) return refusal(checked.error());
  calls.drain(on);
  return json_response(on ? 202 : 200, drain_state(calls));
}

void write_calls(PrometheusText& out, const CallService& calls) {
  std::map<std::string_view, uint64_t> states;
  for (const auto status : {CallStatus::Trying, CallStatus::Ring, CallStatus::Established}) {
    states[call_state(status)] = 0;
  }
  for (const CallInfo& call : calls.find({})) {
    if (!is_final(call.status)) ++states[call_state(call.status)];
  }
  out.begin("calls", "gauge", "Calls that run, by state.");
  for (const auto& [state, count] : states) out.sample({{"state", state}}, count);
  out.begin("draining", "gauge", "1: no new calls are taken.");
  out.sample({}, calls.draining() ? uint64_t{1} : uint64_t{0});
}

void scrape(const Services& services, const ServerCounters& counters, const EventFeeds& feeds,
            http::Respond respond) {
  services.media.list_streams([=, &counters, &feeds](std::vector<StreamInfo> streams) {
    services.media.list_viewers(
        [=, &counters, &feeds, streams = std::move(streams)](std::vector<ViewerInfo> viewers) {
          services.control.post([=, &counters, &feeds] {
            PrometheusText out;
            write_calls(out, services.calls);
            counters.write(out);
            write_stream_metrics(out, streams);
            write_sink_metrics(out, viewers, services.pushes.list(), services.recordings.list());
            out.begin("event_listeners", "gauge", "Clients that listen to events.");
            out.sample({}, static_cast<uint64_t>(feeds.size()));
            write_process_metrics(out);
            respond({.status = 200,
                     .headers = {{"Content-Type", std::string(PrometheusText::kContentType)}},
                     .body = out.take()});
          });
        });
  });
}

}  // namespace

void add_server_routes(http::Router& router, const Services& services,
                       const ServerCounters& counters, const EventFeeds& feeds) {
  EventLoop& control = services.control;
  router.add("GET", "/readyz", on_control(control, [services](const http::Request&) {
               boost::json::object state = drain_state(services.calls);
               state["ready"] = !services.calls.draining();
               return json_response(services.calls.draining() ? 503 : 200, state);
             }));
  router.add("GET", "/metrics",
             [services, &counters, &feeds](const http::Request&, http::Respond respond) {
               scrape(services, counters, feeds, std::move(respond));
             });
  const auto draining = [&](bool on) {
    return on_control(control, [services, on](const http::Request& request) {
      return drain(services.calls, request, on);
    });
  };
  add_methods(router, "/v1/drain",
              {{"GET", on_control(control,
                                  [services](const http::Request&) {
                                    return json_response(200, drain_state(services.calls));
                                  })},
               {"POST", draining(true)},
               {"DELETE", draining(false)}});
}

}  // namespace sipcast::v1
