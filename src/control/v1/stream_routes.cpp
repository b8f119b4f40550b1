#include <boost/json.hpp>
#include <map>

#include "base/text.hpp"
#include "control/v1/explain.hpp"
#include "control/v1/json.hpp"
#include "control/v1/query.hpp"
#include "control/v1/routes.hpp"

namespace sipcast::v1 {
namespace {

constexpr std::string_view kStreams = "/v1/streams/", kViewers = "/v1/viewers/";
constexpr std::string_view kExplain = "/explain";

/// Streams with their calls, on the control loop.
void with_streams(
    const Services& services,
    std::function<void(const std::vector<StreamInfo>&, const std::map<std::string, CallInfo>&)>
        done) {
  services.media.list_streams([services, done = std::move(done)](std::vector<StreamInfo> streams) {
    services.control.post([services, done, streams = std::move(streams)] {
      std::map<std::string, CallInfo> calls;
      for (CallInfo& call : services.calls.find({})) {
        if (is_final(call.status)) continue;
        std::string name = call.asked.stream.value;
        calls.insert_or_assign(std::move(name), std::move(call));
      }
      done(streams, calls);
    });
  });
}

const CallInfo* find(const std::map<std::string, CallInfo>& calls, const std::string& stream) {
  const auto found = calls.find(stream);
  return found == calls.end() ? nullptr : &found->second;
}

http::Response no_stream() {
  return refusal({Errc::NotFound, "stream: there is no stream of this name"});
}

void list_streams(const Services& services, const http::Request& request, http::Respond respond) {
  const auto query = Query::parse(request.query, {"state"});
  if (!query) return respond(refusal(query.error()));
  const auto state = query->word("state", {"waiting", "live", "interrupted"});
  if (!state) return respond(refusal(state.error()));
  with_streams(services, [respond, state = *state](const auto& streams, const auto& calls) {
    boost::json::array array;
    for (const StreamInfo& stream : streams) {
      const CallInfo* call = find(calls, stream.name);
      if (!state || *state == state_of(stream, call)) array.push_back(to_json(stream, call));
    }
    respond(json_response(200, {{"streams", std::move(array)}}));
  });
}

void show_stream(const Services& services, const std::string& name, http::Respond respond) {
  with_streams(services, [respond, name](const auto& streams, const auto& calls) {
    for (const StreamInfo& stream : streams) {
      if (stream.name != name) continue;
      return respond(json_response(200, to_json(stream, find(calls, name))));
    }
    respond(no_stream());
  });
}

/// Asks for the call's trace, the stream's viewers, and what is made of it besides.
void explain_stream(const Services& services, const std::string& name, http::Respond respond) {
  services.media.list_viewers([services, name, respond](std::vector<ViewerInfo> viewers) {
    std::erase_if(viewers, [&](const ViewerInfo& viewer) { return viewer.stream.value != name; });
    services.control.post([services, name, respond, viewers = std::move(viewers)] {
      const auto call = services.calls.call_of(StreamName{name});
      if (!call) return respond(no_stream());
      services.calls.trace(
          *call, [services, respond, name, viewers](const Result<CallService::Traced>& traced) {
            if (!traced) return respond(no_stream());
            auto pushes = services.pushes.list();
            std::erase_if(pushes, [&](const PushInfo& push) { return push.stream.value != name; });
            auto recordings = services.recordings.list();
            std::erase_if(recordings, [&](const auto& one) { return one.stream.value != name; });
            respond(json_response(200, explain(*traced, viewers, pushes, recordings)));
          });
    });
  });
}

void list_viewers(const Services& services, const http::Request& request, http::Respond respond) {
  const auto query = Query::parse(request.query, {"stream", "state"});
  if (!query) return respond(refusal(query.error()));
  const auto state = query->word("state", {"waiting", "connecting", "playing"});
  if (!state) return respond(refusal(state.error()));
  services.media.list_viewers([respond, state = *state, stream = query->text("stream")](
                                  const std::vector<ViewerInfo>& viewers) {
    boost::json::array array;
    for (const ViewerInfo& viewer : viewers) {
      if (stream && *stream != viewer.stream.value) continue;
      if (state && *state != to_string(viewer.state)) continue;
      array.push_back(to_json(viewer));
    }
    respond(json_response(200, {{"viewers", std::move(array)}}));
  });
}

/// None, and answered, for what is no name of a viewer.
std::optional<ViewerId> viewer_of(const http::Request& request, const http::Respond& respond) {
  const std::string hex = below(request, kViewers);
  const auto id = hex.size() == 16 ? parse_hex(hex) : std::nullopt;
  if (!id) respond(refusal({Errc::NotFound, "viewer: there is no such viewer"}));
  return id ? std::optional(ViewerId{*id}) : std::nullopt;
}

void show_viewer(const Services& services, const http::Request& request, http::Respond respond) {
  const auto id = viewer_of(request, respond);
  if (!id) return;
  services.media.list_viewers([id = *id, respond](const std::vector<ViewerInfo>& viewers) {
    for (const ViewerInfo& viewer : viewers) {
      if (viewer.id == id) return respond(json_response(200, to_json(viewer)));
    }
    respond(refusal({Errc::NotFound, "viewer: there is no such viewer"}));
  });
}

void end_viewer(const Services& services, const http::Request& request, http::Respond respond) {
  const auto id = viewer_of(request, respond);
  if (!id) return;
  services.media.end_viewer(*id, "Ended by the operator", [respond](bool was_there) {
    respond(
        done(was_there ? Result<void>{} : fail(Errc::NotFound, "viewer: there is no such viewer")));
  });
}

}  // namespace

void add_stream_routes(http::Router& router, const Services& services) {
  const auto bound = [services](auto handler) {
    return [services, handler](const http::Request& request, http::Respond respond) {
      handler(services, request, std::move(respond));
    };
  };
  add_methods(router, "/v1/streams", {{"GET", bound(list_streams)}});
  add_methods(router, std::string(kStreams) + "*",
              {{"GET", [services](const http::Request& request, http::Respond respond) {
                  std::string name = below(request, kStreams);
                  if (!name.ends_with(kExplain)) {
                    return show_stream(services, name, std::move(respond));
                  }
                  name.resize(name.size() - kExplain.size());
                  explain_stream(services, name, std::move(respond));
                }}});
  add_methods(router, "/v1/viewers", {{"GET", bound(list_viewers)}});
  add_methods(router, std::string(kViewers) + "*",
              {{"GET", bound(show_viewer)}, {"DELETE", bound(end_viewer)}});
}

}  // namespace sipcast::v1
