#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace sipcast::rest {

/// What becomes of one REST resource of WCS: the one table behind the replies 501 and the page
/// docs/wcs-resources.md.
struct WcsResource {
  enum class Answer : uint8_t {
    Served,      ///< elsewhere: it does what WCS does
    Nothing,     ///< 404: there is never any such thing here
    NoEntries,   ///< 200 and an empty object, for the same reason
    NotOffered,  ///< 501 with the sentence
  };
  std::string_view path;  ///< on the server; "/*" at its end: and all below
  Answer answer;
  std::string_view sentence;  ///< what it does, or why it does not
};
std::span<const WcsResource> wcs_resources();

/// Answers all that is not Served, and what is not there at all, 404.
void add_wcs_resource_routes(http::Router& router);

/// The table as Markdown.
std::string wcs_resources_page();

}  // namespace sipcast::rest
