#pragma once
#include <string>
#include <string_view>

#include "config/config_loader.hpp"
#include "config/option_table.hpp"

namespace sipcast::config {

/// The text of --help. `usage` is its first line, "sipcast [--option=value ...]".
std::string help_text(const OptionTable& table, std::string_view usage);

/// docs/options.md: a table a group (the name before the first dot).
std::string reference_page(const OptionTable& table);

/// What --check prints: errors, warnings, and each value in force that is not the default, with
/// where it was said.
std::string check_report(const OptionTable& table, const LoadResult& result);

}  // namespace sipcast::config
