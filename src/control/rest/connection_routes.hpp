#pragma once
#include "control/ws/wcs_session.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

/// Adds /rest-api/connection/find, find_all and terminate (wcs-rest 9): the WebSocket sessions of
/// the Web SDK. `sessions` must outlive the router.
void add_connection_routes(http::Router& router, ws::WcsSessions& sessions);

}  // namespace sipcast::rest
