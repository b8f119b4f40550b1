#include "control/rest/connection_routes.hpp"

#include <boost/json.hpp>

#include "control/rest/http_status.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast::rest {
namespace {
namespace json = boost::json;

http::Response find(const ws::WcsSessions& sessions, const http::Request& request) {
  const auto fields = JsonFields::parse(request.body);
  if (!fields) return error_response(fields.error());
  std::map<std::string, std::string> wanted;
  for (const char* name : {"clientVersion", "sessionId", "appKey"}) {
    const auto value = fields->text(name);
    if (!value) return error_response(value.error());
    if (*value) wanted.emplace(name, **value);
  }
  json::array array;
  for (json::object& connection : sessions.connections()) {
    const auto is_so = [&](const auto& entry) {
      const json::value* value = connection.if_contains(entry.first);
      return value && value->is_string() && value->get_string() == entry.second;
    };
    if (std::ranges::all_of(wanted, is_so)) array.push_back(std::move(connection));
  }
  if (array.empty()) return error_response({Errc::NotFound, "Connection not found"});
  return http::Response::json(200, json::serialize(array));
}

http::Response terminate(ws::WcsSessions& sessions, const http::Request& request) {
  const auto fields = JsonFields::parse(request.body);
  if (!fields) return error_response(fields.error());
  const auto id = fields->required_text("sessionId");
  if (!id) return error_response(id.error());
  if (sessions.terminate(*id)) return {};
  return error_response({Errc::NotFound, "sessionId: Session does not exist"});
}

}  // namespace

void add_connection_routes(http::Router& router, ws::WcsSessions& sessions) {
  const auto on_find = [&sessions](const http::Request& request, const http::Respond& respond) {
    respond(find(sessions, request));
  };
  router.add("POST", "/rest-api/connection/find", on_find);
  for (const char* method : {"GET", "POST"}) {
    router.add(method, "/rest-api/connection/find_all", on_find);
  }
  router.add("POST", "/rest-api/connection/terminate",
             [&sessions](const http::Request& request, const http::Respond& respond) {
               respond(terminate(sessions, request));
             });
}

}  // namespace sipcast::rest
