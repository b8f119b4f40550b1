#pragma once
#include <optional>
#include <string_view>

#include "control/access/principal.hpp"

namespace sipcast {

/// What a request needs while REST authentication is on.
enum class Need : uint8_t {
  Nothing,  ///< for everyone; whether someone may watch a stream is PlayAccess's matter
  Anyone,   ///< any user or key
  Calls,
  Streams,
  Admin,
};

/// The one table of it. What is not in it below /rest-api and /v1 needs Admin.
/// @param path   as http::Request::path
/// @param query  raw; /?action=stat is not the page
Need needed_scope(std::string_view path, std::string_view query);

/// None for Nothing and Anyone.
std::optional<Scope> scope_of(Need need);
std::string_view to_string(Scope scope);

}  // namespace sipcast
