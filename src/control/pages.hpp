#pragma once
#include <span>
#include <string_view>

#include "http/http.hpp"

namespace sipcast {

/// One file of `web/`, compiled in by cmake/embed_pages.cmake.
struct Page {
  std::string_view name;
  std::string_view text;
};
std::span<const Page> pages();

/// Adds "/", "/player" and what they load, with a strict content security policy. `stat` answers
/// "/?action=stat".
void add_page_routes(http::Router& router, http::Handler stat);

}  // namespace sipcast
