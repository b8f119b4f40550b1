#include "control/pages.hpp"

namespace sipcast {
namespace {

std::string_view content_type(std::string_view name) {
  if (name.ends_with(".html")) return "text/html; charset=utf-8";
  if (name.ends_with(".json")) return "application/json";
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  return "text/javascript; charset=utf-8";
}

}  // namespace

void add_page_routes(http::Router& router) {
  for (const Page& page : pages()) {
    std::string path = "/" + std::string(page.name);
    if (page.name == "index.html") path = "/";
    if (page.name == "player.html") path = "/player";
    router.add("GET", path, [&page](const http::Request&, http::Respond respond) {
      respond({.status = 200,
               .headers = {{"Content-Type", std::string(content_type(page.name))},
                           {"Cache-Control", "no-cache"},
                           {"Content-Security-Policy",
                            "default-src 'self'; img-src 'self' data:; media-src 'self' blob:"},
                           {"X-Content-Type-Options", "nosniff"}},
               .body = std::string(page.text)});
    });
  }
}

}  // namespace sipcast
