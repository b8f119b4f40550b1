#pragma once
#include "control/call_service.hpp"
#include "control/push_service.hpp"
#include "control/ws/wcs_session.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// The statistics of WCS: GET /?action=stat (wcs-rest 12), which shares its path with the page. All
/// must outlive the handler.
http::Handler stat_handler(EventLoop& control, EventLoop& web, CallService& calls,
                           PushService& pushes, MediaPlane& media, ws::WcsSessions& sessions);

}  // namespace sipcast::rest
