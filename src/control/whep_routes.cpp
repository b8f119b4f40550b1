#include "control/whep_routes.hpp"

#include <charconv>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/rest/http_status.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kPrefix = "/whep/";

std::string encode_path(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || c == '.' || c == '~';
    encoded += plain ? std::string(1, c) : "%" + to_hex({&c, 1});
  }
  return encoded;
}

void play(MediaPlane& media, const http::Request& request, const http::Respond& respond) {
  const StreamName name{request.path.substr(kPrefix.size())};
  if (!iequals(cut(request.header("content-type"), ';').first, "application/sdp")) {
    return respond(http::Response::text(415, "send the offer as application/sdp"));
  }
  const ViewerId id{random_u64()};
  MediaWorker& worker = media.worker_for(name);
  MediaWorker::ViewerCallbacks callbacks;
  callbacks.answered = [respond, name, id](const Result<ViewerAccepted>& accepted) {
    if (!accepted) {
      http::Response refusal = rest::error_response(accepted.error());
      if (refusal.status == 503) refusal.headers.emplace_back("Retry-After", "2");
      return respond(std::move(refusal));
    }
    http::Response created{
        .status = 201, .headers = {{"Content-Type", "application/sdp"}}, .body = accepted->sdp};
    created.headers.emplace_back("Location", std::string(kPrefix) + encode_path(name.value) + "/" +
                                                 fmt::format("{:016x}", id.value));
    if (!accepted->refused.empty())
      created.headers.emplace_back("X-Sipcast-Refused", printable(accepted->refused));
    respond(std::move(created));
  };
  worker.add_viewer(id, name, request.body, request.remote, std::move(callbacks));
}

void stop(MediaPlane& media, const http::Request& request, const http::Respond& respond) {
  const std::string_view rest = std::string_view(request.path).substr(kPrefix.size());
  const size_t slash = rest.rfind('/');
  uint64_t id = 0;
  const std::string_view hex =
      slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), id, 16);
  if (hex.size() != 16 || error != std::errc{} || end != hex.data() + hex.size()) {
    return respond(rest::error_response({Errc::NotFound, "no such viewer"}));
  }
  media.worker_for(StreamName{std::string(rest.substr(0, slash))}).remove_viewer(ViewerId{id});
  respond(http::Response{});
}

}  // namespace

void add_whep_routes(http::Router& router, MediaPlane& media) {
  router.add("POST", "/whep/*", [&media](const http::Request& request, http::Respond respond) {
    play(media, request, respond);
  });
  router.add("DELETE", "/whep/*", [&media](const http::Request& request, http::Respond respond) {
    stop(media, request, respond);
  });
}

}  // namespace sipcast
