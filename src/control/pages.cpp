#include "control/pages.hpp"

namespace sipcast {
namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

/// Nothing inline, nothing from elsewhere. The player may be put into other people's pages.
std::string content_security_policy(std::string_view name) {
  std::string policy =
      "default-src 'self'; img-src 'self' data:; media-src 'self' blob:; object-src 'none'; "
      "base-uri 'none'; form-action 'self'";
  if (name != "player.html") policy += "; frame-ancestors 'none'";
  return policy;
}

}  // namespace

void add_page_routes(http::Router& router, http::Handler stat) {
  for (const Page& page : pages()) {
    std::string path = "/" + std::string(page.name);
    if (page.name == "index.html") path = "/";
    if (page.name == "player.html") path = "/player";
    router.add("GET", path, [&page, stat](const http::Request& request, http::Respond respond) {
      if (request.query_value("action") == "stat") return stat(request, std::move(respond));
      respond({.status = 200,
               .headers = {{"Content-Type", std::string(content_type(page.name))},
                           {"Cache-Control", "no-cache"},
                           {"Content-Security-Policy", content_security_policy(page.name)},
                           {"X-Content-Type-Options", "nosniff"}},
               .body = std::string(page.text)});
    });
  }
}

}  // namespace sipcast
