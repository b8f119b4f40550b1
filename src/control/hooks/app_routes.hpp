#pragma once
#include "control/hooks/app_registry.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// GET /v1/apps, and GET, PUT and DELETE of /v1/apps/KEY: the apps whose hooks are called. Secrets
/// go in and never come out. Runs on a thread of its own, as it writes the file.
void add_app_routes(http::Router& router, AppRegistry& apps);

}  // namespace sipcast::rest
