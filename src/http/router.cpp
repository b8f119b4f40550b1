#include <algorithm>
#include <exception>

#include "base/text.hpp"
#include "http/http.hpp"

namespace sipcast::http {
namespace {

/// How well `pattern` fits, by the characters that it names; 0: not at all. An exact pattern is
/// better than a wildcard of its length.
size_t match_rank(std::string_view pattern, std::string_view path) {
  if (pattern == path) return 2 * pattern.size() + 1;
  if (!pattern.ends_with("/*")) return 0;
  pattern.remove_suffix(1);
  return path.starts_with(pattern) ? 2 * pattern.size() : 0;
}

void add_header(Response& response, std::string_view name, const std::string& value) {
  if (value.empty() || response.find_header(name)) return;
  response.headers.emplace_back(name, value);
}

/// What GET would have answered, without its body (RFC 9110 §9.3.2).
void cut_body(Response& response) {
  if (!response.open_ended()) {
    add_header(response, "Content-Length", std::to_string(response.body_size()));
  }
  response.body.clear();
  response.source = nullptr;
}

void add_cors_headers(Response& response, const CorsOptions& cors) {
  for (const auto& [name, value] : cors.more) add_header(response, name, value);
  add_header(response, "Access-Control-Allow-Origin", cors.allow_origin);
  add_header(response, "Access-Control-Expose-Headers", cors.expose);
}

}  // namespace

void Router::set_cors(CorsOptions cors) {
  cors_ = std::make_shared<const CorsOptions>(std::move(cors));
}

void Router::set_guard(Guard guard) { guard_ = std::move(guard); }

void Router::call(const Route& route, const Request& request, const Respond& answer) {
  try {
    route.handler(request, answer);
  } catch (const std::exception&) {
    answer(Response::text(500, "internal error\n"));
  }
}

void Router::add(std::string method, std::string pattern, Handler handler) {
  routes_.push_back({std::move(method), std::move(pattern), std::move(handler)});
}

void Router::set_websocket(WsAccept accept) { websocket_ = std::move(accept); }

std::vector<const Router::Route*> Router::matching(std::string_view path) const {
  size_t best = 0;
  std::vector<const Route*> found;
  for (const Route& route : routes_) {
    const size_t rank = match_rank(route.pattern, path);
    if (rank == 0 || rank < best) continue;
    if (rank > best) found.clear();
    best = rank;
    found.push_back(&route);
  }
  return found;
}

void Router::add_cors(Response& response) const { add_cors_headers(response, *cors_); }

void Router::add_preflight(Response& response, const CorsOptions& cors, std::string allow) {
  if (!allow.empty()) response.headers.emplace_back("Allow", std::move(allow));
  add_header(response, "Access-Control-Allow-Methods", cors.allow_methods);
  add_header(response, "Access-Control-Allow-Headers", cors.allow_headers);
  add_header(response, "Access-Control-Max-Age", "86400");
}

void Router::handle(const Request& request, const Respond& respond) const {
  const bool head = request.method == "HEAD", options = request.method == "OPTIONS";
  const std::vector<const Route*> routes = matching(request.path);
  const auto route_of = [&](std::string_view method) -> const Route* {
    const auto found = std::ranges::find(routes, method, &Route::method);
    return found == routes.end() ? nullptr : *found;
  };
  std::string allow;
  const auto allow_method = [&](std::string_view method) {
    allow.append(allow.empty() ? "" : ", ").append(method);
  };
  for (const Route* known : routes) {
    if (known->method != "*" && known->method != "OPTIONS") allow_method(known->method);
  }
  if (route_of("GET") && !route_of("HEAD")) allow_method("HEAD");
  if (!routes.empty()) allow_method("OPTIONS");

  const Respond answer = [cors = cors_, head, options, allow, respond](Response response) {
    if (head) cut_body(response);
    if (options && response.status == 200) add_preflight(response, *cors, allow);
    add_cors_headers(response, *cors);
    respond(std::move(response));
  };
  const Route* route = route_of(request.method);
  if (!route && head) route = route_of("GET");
  if (!route && !options) route = route_of("*");
  if (route) {
    if (!guard_ || options) return call(*route, request, answer);
    return guard_(request, [route, request, answer](Verdict verdict) {
      if (verdict.refused) return answer(std::move(*verdict.refused));
      Request known = request;
      known.principal = std::move(verdict.principal);
      call(*route, known, answer);
    });
  }
  if (options && (request.path == "*" || !routes.empty())) return answer({});
  if (routes.empty()) return answer(Response::text(404, "not found\n"));
  Response refused = Response::text(405, "method not allowed\n");
  refused.headers.emplace_back("Allow", std::move(allow));
  answer(std::move(refused));
}

}  // namespace sipcast::http
