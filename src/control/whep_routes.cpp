#include "control/whep_routes.hpp"

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "control/rest/problem.hpp"
#include "http/request_target.hpp"
#include "sdp/trickle_fragment.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kPrefix = "/whep/";
constexpr std::string_view kOffer = "application/sdp";
constexpr std::string_view kFragment = "application/trickle-ice-sdpfrag";

http::Response refusal(const Error& error) {
  if (error.code == Errc::Timeout) {  // draft-ietf-wish-whep §4.2: not live yet
    http::Response later = rest::problem(409, "Not live yet", error.cause);
    later.headers.emplace_back("Retry-After", "2");
    return later;
  }
  return rest::problem(rest::http_status(error.code), to_string(error.code), error.cause);
}

http::Response wrong_type(std::string_view wanted) {
  return rest::problem(415, "Unsupported Media Type", fmt::format("send it as {}", wanted));
}

bool has_type(const http::Request& request, std::string_view wanted) {
  return iequals(trim(cut(request.header("content-type"), ';').first), wanted);
}

std::string entity_tag(const ViewerIce& ice) { return "\"" + ice.local_ufrag + "\""; }

struct Session {
  StreamName stream;
  ViewerId viewer;
};

/// Of /whep/NAME/ID.
std::optional<Session> session_of(std::string_view path) {
  const std::string_view rest = path.substr(kPrefix.size());
  const size_t slash = rest.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view hex = rest.substr(slash + 1);
  const auto id = parse_hex(hex);
  if (hex.size() != 16 || !id) return {};
  return Session{StreamName{std::string(rest.substr(0, slash))}, ViewerId{*id}};
}

http::Response no_viewer() { return refusal({Errc::NotFound, "there is no such viewer"}); }

http::Response created(const ViewerAccepted& accepted, std::string location,
                       const std::vector<IceServer>& servers) {
  http::Response response{.status = 201, .headers = {}, .body = accepted.sdp};
  response.headers.emplace_back("Content-Type", kOffer);
  response.headers.emplace_back("Location", std::move(location));
  response.headers.emplace_back("ETag", entity_tag(accepted.ice));
  for (const IceServer& server : servers) {
    response.headers.emplace_back("Link", link_header(server));
  }
  if (!accepted.refused.empty()) {
    response.headers.emplace_back("X-Sipcast-Refused", printable(accepted.refused));
  }
  return response;
}

using Servers = std::shared_ptr<const std::vector<IceServer>>;

void add_viewer(MediaPlane& media, const Servers& servers, const http::Request& request,
                const StreamName& name, ViewerId id, MediaWorker::Reach reach,
                const http::Respond& respond) {
  std::string location =
      fmt::format("{}{}/{:016x}", kPrefix, http::encode_path(name.value), id.value);
  MediaWorker::ViewerCallbacks callbacks;
  callbacks.answered = [respond, servers,
                        location = std::move(location)](const Result<ViewerAccepted>& accepted) {
    respond(accepted ? created(*accepted, location, *servers) : refusal(accepted.error()));
  };
  media.worker_for(name).add_viewer(
      id, name, request.body, {.client = request.remote, .reach = reach}, std::move(callbacks));
}

void play(MediaPlane& media, PlayAccess& access, const Servers& servers,
          const http::Request& request, const http::Respond& respond) {
  if (!has_type(request, kOffer)) return respond(wrong_type(kOffer));
  const StreamName name{request.path.substr(kPrefix.size())};
  const std::string transport = request.query_value("transport");
  if (!transport.empty() && !iequals(transport, "tcp") && !iequals(transport, "udp")) {
    return respond(refusal({Errc::InvalidArgument, "transport: must be udp or tcp"}));
  }
  const auto reach =
      iequals(transport, "tcp") ? MediaWorker::Reach::TcpOnly : MediaWorker::Reach::Any;
  const ViewerId id{random_u64()};
  PlayAccess::Asked asked = asked_by_http(request, name, "WebRTC");
  asked.body["mediaSessionId"] = fmt::format("{:016x}", id.value);
  access.check(std::move(asked), [&media, servers, request, id, reach,
                                  respond](const PlayAccess::Decision& decision) {
    if (!decision.allowed) return respond(play_refused(decision));
    add_viewer(media, servers, request, decision.stream, id, reach, respond);
  });
}

/// RFC 9725 §4.3: what to say to a fragment for this ICE session.
http::Response judge(const sdp::TrickleFragment& fragment, std::string_view if_match,
                     const ViewerIce& ice) {
  const bool restart = (!fragment.ufrag.empty() && fragment.ufrag != ice.remote_ufrag) ||
                       (!fragment.pwd.empty() && fragment.pwd != ice.remote_pwd);
  if (if_match != "*" && if_match != entity_tag(ice)) {
    return rest::problem(412, "Precondition Failed", "If-Match names another ICE session");
  }
  if (restart) {
    return rest::problem(422, "Unprocessable Content",
                         "ICE restarts are not supported: DELETE this viewer and POST a new offer");
  }
  return {.status = 204, .headers = {}, .body = {}};
}

void trickle(MediaPlane& media, const http::Request& request, const http::Respond& respond) {
  const auto session = session_of(request.path);
  if (!session) return respond(no_viewer());
  if (!has_type(request, kFragment)) return respond(wrong_type(kFragment));
  const std::string if_match(trim(request.header("if-match")));
  if (if_match.empty()) {
    return respond(
        rest::problem(428, "Precondition Required", "If-Match must say the ETag of the 201"));
  }
  auto fragment = sdp::parse_trickle_fragment(request.body);
  if (!fragment) return respond(refusal(fragment.error()));
  media.worker_for(session->stream)
      .viewer_ice(session->viewer, [respond, if_match, fragment = std::move(*fragment)](
                                       const std::optional<ViewerIce>& ice) {
        respond(ice ? judge(fragment, if_match, *ice) : no_viewer());
      });
}

void stop(MediaPlane& media, const http::Request& request, const http::Respond& respond) {
  const auto session = session_of(request.path);
  if (!session) return respond(no_viewer());
  media.worker_for(session->stream).remove_viewer(session->viewer, [respond](bool was_there) {
    respond(was_there ? http::Response{} : no_viewer());
  });
}

/// RFC 9725 §4.2: what POST takes; the router adds what browsers ask for.
void say_accept_post(const http::Request&, const http::Respond& respond) {
  http::Response response;
  response.headers.emplace_back("Accept-Post", kOffer);
  respond(std::move(response));
}

}  // namespace

void add_whep_routes(http::Router& router, MediaPlane& media, PlayAccess& access,
                     std::vector<IceServer> servers) {
  const Servers shared = std::make_shared<const std::vector<IceServer>>(std::move(servers));
  router.add("POST", "/whep/*",
             [&media, &access, shared](const http::Request& request, const http::Respond& respond) {
               play(media, access, shared, request, respond);
             });
  router.add("PATCH", "/whep/*",
             [&media](const http::Request& request, const http::Respond& respond) {
               trickle(media, request, respond);
             });
  router.add("DELETE", "/whep/*",
             [&media](const http::Request& request, const http::Respond& respond) {
               stop(media, request, respond);
             });
  router.add("OPTIONS", "/whep/*", say_accept_post);
}

}  // namespace sipcast
