#include "sip/dialog.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "sip/destination.hpp"

namespace sipcast::sip {
namespace {

constexpr size_t kMaxRoutes = 32;

/// URI of a Route value; "" when it is none.
std::string uri_of(const std::string& route) {
  const auto parsed = NameAddr::parse(route);
  return parsed ? parsed->uri : std::string();
}

bool is_loose(const std::string& route) {
  const auto uri = Uri::parse(uri_of(route));
  return uri && uri->params.find("lr");
}

std::vector<std::string> record_routes(const Message& message) {
  auto routes = message.values("Record-Route");
  if (routes.size() > kMaxRoutes) routes.resize(kMaxRoutes);
  return routes;
}

}  // namespace

Dialog Dialog::from_response(const Message& request, const Received& response,
                             const Target& sent_to) {
  Dialog dialog;
  dialog.call_id = response.call_id;
  dialog.local_party = request.get("From");
  dialog.remote_party = response.message.get("To");
  dialog.local_tag = response.from_tag();
  dialog.remote_tag = response.to_tag();
  dialog.remote_target = request.request_uri;
  dialog.routes = record_routes(response.message);
  std::ranges::reverse(dialog.routes);
  dialog.local_cseq = response.cseq;
  dialog.fallback = sent_to;
  dialog.refresh_target(response.message);
  return dialog;
}

Dialog Dialog::from_request(const Received& request, const std::string& local_tag,
                            const Target& source) {
  Dialog dialog;
  dialog.call_id = request.call_id;
  dialog.local_party = request.message.get("To") + ";tag=" + local_tag;
  dialog.remote_party = request.message.get("From");
  dialog.local_tag = local_tag;
  dialog.remote_tag = request.from_tag();
  dialog.remote_target = request.from.uri;
  dialog.routes = record_routes(request.message);
  dialog.remote_cseq = request.cseq;
  dialog.fallback = source;
  dialog.refresh_target(request.message);
  return dialog;
}

Message Dialog::request(std::string_view method, uint32_t cseq) const {
  Message message;
  message.method = method;
  message.request_uri = remote_target;
  std::vector<std::string> path = routes;
  if (!path.empty() && !is_loose(path.front()) && Uri::parse(uri_of(path.front()))) {
    message.request_uri = uri_of(path.front());  // §12.2.1.1: strict router
    path.erase(path.begin());
    path.push_back('<' + remote_target + '>');
  }
  for (const std::string& route : path) message.add("Route", route);
  message.add("Max-Forwards", "70");
  message.add("From", local_party);
  message.add("To", remote_party);
  message.add("Call-ID", call_id);
  message.add("CSeq", std::to_string(cseq) + ' ' + message.method);
  return message;
}

Target Dialog::next_hop() const {
  return target_of(routes.empty() ? remote_target : uri_of(routes.front()), fallback);
}

void Dialog::refresh_target(const Message& message) {
  const auto contacts = message.values("Contact");
  if (contacts.empty()) return;
  const auto contact = NameAddr::parse(contacts.front());
  if (contact && Uri::parse(contact->uri)) remote_target = contact->uri;
}

void Dialog::note_allow(const Message& message) {
  const auto methods = message.values("Allow");
  if (!methods.empty()) peer_allows_update = std::ranges::find(methods, "UPDATE") != methods.end();
}

bool Dialog::take_cseq(uint32_t cseq) {
  if (remote_cseq && cseq < *remote_cseq) return false;
  remote_cseq = cseq;
  return true;
}

}  // namespace sipcast::sip
