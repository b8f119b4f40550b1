#include "control/hooks/app_routes.hpp"

#include <boost/json.hpp>

#include "base/worker_pool.hpp"
#include "control/rest/json_fields.hpp"
#include "control/rest/problem.hpp"

namespace sipcast::rest {
namespace {
namespace json = boost::json;

constexpr std::string_view kPath = "/v1/apps/";

std::string key_of(const http::Request& request) { return request.path.substr(kPath.size()); }

http::Response shown(int status, const App& app) {
  return http::Response::json(status, json::serialize(app_to_json(app, Secrets::Hidden)));
}

http::Response list(AppRegistry& apps) {
  json::array array;
  for (const AppPtr& app : apps.list()) array.push_back(app_to_json(*app, Secrets::Hidden));
  return http::Response::json(200, json::serialize(json::object{{"apps", std::move(array)}}));
}

http::Response get(AppRegistry& apps, const http::Request& request) {
  const AppPtr app = apps.find(key_of(request));
  return app ? shown(200, *app) : problem({Errc::NotFound, "appKey: there is no such app"});
}

http::Response put(AppRegistry& apps, const http::Request& request) {
  const auto fields = JsonFields::parse(request.body);
  if (!fields) return problem(fields.error());
  json::object object = fields->object();
  const std::string key = key_of(request);
  if (const json::value* given = object.if_contains("appKey");
      given && *given != json::value(key)) {
    return problem({Errc::InvalidArgument, "appKey: is another one than in the path"});
  }
  object["appKey"] = key;
  auto app = parse_app(object);
  if (!app) return problem(app.error());
  const auto is_new = apps.put(*app);
  return is_new ? shown(*is_new ? 201 : 200, *app) : problem(is_new.error());
}

http::Response remove(AppRegistry& apps, const http::Request& request) {
  const auto removed = apps.remove(key_of(request));
  return removed ? http::Response{.status = 204, .headers = {}, .body = {}}
                 : problem(removed.error());
}

}  // namespace

void add_app_routes(http::Router& router, AppRegistry& apps) {
  const auto pool = std::make_shared<WorkerPool>("apps", 1);
  const auto writing = std::make_shared<const WorkerPool::Strand>(pool->make_strand(100));
  router.add("GET", "/v1/apps",
             [&apps](const http::Request&, const http::Respond& respond) { respond(list(apps)); });
  const std::string one = std::string(kPath) + "*";
  router.add("GET", one, [&apps](const http::Request& request, const http::Respond& respond) {
    respond(get(apps, request));
  });
  for (const auto& [method, change] : {std::pair{"PUT", &put}, {"DELETE", &remove}}) {
    router.add(
        method, one,
        [&apps, pool, writing, change](const http::Request& request, const http::Respond& respond) {
          const bool queued =
              writing->run([&apps, change, request, respond] { respond(change(apps, request)); });
          if (!queued) respond(problem({Errc::Exhausted, "too many changes wait already"}));
        });
  }
}

}  // namespace sipcast::rest
