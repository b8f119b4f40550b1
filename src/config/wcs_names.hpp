#pragma once
#include <optional>
#include <string_view>

namespace sipcast::config {

/// For a well-known name of a WCS flashphoner.properties that means nothing here: why, in a few
/// words. None for any other name. Ask the option table first: an alias there wins.
std::optional<std::string_view> wcs_name_without_meaning(std::string_view name);

}  // namespace sipcast::config
