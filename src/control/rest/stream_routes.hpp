#pragma once
#include "control/call_service.hpp"
#include "control/record_service.hpp"
#include "control/snapshot_service.hpp"
#include "control/ws/wcs_session.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast::rest {

/// Which Streams /stream/find answers with; absent fields do not filter.
struct StreamFilter {
  std::optional<std::string> media_session_id, name, status;
  std::optional<bool> published;
};
/// Errors: BadSyntax, InvalidArgument naming the field.
Result<StreamFilter> parse_stream_filter(std::string_view body);

/// Adds /rest-api/stream/find, find_all, terminate and snapshot (wcs-rest 4). The handlers run on
/// the web loop and ask the others. All must outlive the router.
struct StreamRoutes {
  EventLoop& control;
  EventLoop& web;
  CallService& calls;
  RecordService& recordings;
  MediaPlane& media;
  ws::WcsSessions& sessions;
  SnapshotService& snapshots;
};
void add_stream_routes(http::Router& router, const StreamRoutes& parts);

}  // namespace sipcast::rest
