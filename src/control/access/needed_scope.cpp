#include "control/access/needed_scope.hpp"

#include <utility>

namespace sipcast {
namespace {

struct Row {
  std::string_view prefix;
  Need need;
};
/// The longest prefix decides. Pages, /healthz, /readyz, /whep and /hls are for everyone.
constexpr Row kRows[] = {
    {"/", Need::Nothing},
    {"/metrics", Need::Anyone},
    {"/rest-api", Need::Admin},
    {"/rest-api/openapi", Need::Nothing},
    {"/rest-api/call", Need::Calls},
    {"/rest-api/connection", Need::Streams},
    {"/rest-api/stream", Need::Streams},
    {"/rest-api/push", Need::Streams},
    {"/rest-api/recorder", Need::Streams},
    {"/rest-api/multipleRecorder", Need::Streams},
    {"/recordings", Need::Streams},
    {"/v1", Need::Admin},
    {"/v1/openapi", Need::Nothing},
    {"/v1/calls", Need::Calls},
    {"/v1/events", Need::Anyone},
    {"/v1/streams", Need::Streams},
    {"/v1/viewers", Need::Streams},
    {"/v1/pushes", Need::Streams},
    {"/v1/recordings", Need::Streams},
};

bool has_action(std::string_view query) {
  return query.starts_with("action=") || query.find("&action=") != std::string_view::npos;
}

}  // namespace

Need needed_scope(std::string_view path, std::string_view query) {
  if (path == "/" && has_action(query)) return Need::Anyone;
  Row best = kRows[0];
  for (const Row& row : kRows) {
    if (path.starts_with(row.prefix) && row.prefix.size() > best.prefix.size()) best = row;
  }
  return best.need;
}

std::optional<Scope> scope_of(Need need) {
  switch (need) {
    case Need::Nothing:
    case Need::Anyone:
      return {};
    case Need::Calls:
      return Scope::Calls;
    case Need::Streams:
      return Scope::Streams;
    case Need::Admin:
      return Scope::Admin;
  }
  std::unreachable();
}

std::string_view to_string(Scope scope) {
  switch (scope) {
    case Scope::Calls:
      return "calls";
    case Scope::Streams:
      return "streams";
    case Scope::Admin:
      return "admin";
  }
  std::unreachable();
}

}  // namespace sipcast
