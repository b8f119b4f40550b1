#pragma once
#include <optional>
#include <span>

#include "app/options.hpp"
#include "config/option_table.hpp"

namespace sipcast {

/// Every option of the server with unit, range, default and its sentence; docs/options.md is made
/// from it.
void declare_options(config::OptionTable& table, Options& options);

/// Fills `options` from file, environment and command line. An exit status when that is all there
/// is to do:
/// --help, --check, --version, `options` (prints the reference page), or an error, told on standard
/// error.
std::optional<int> load_options(std::span<const char* const> args, const char* const* environment,
                                Options& options, std::vector<std::string>& warnings);

}  // namespace sipcast
