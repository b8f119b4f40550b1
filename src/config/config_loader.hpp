#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/option_table.hpp"

namespace sipcast::config {

/// What came of loading. With an error the server must not start; variables may have taken some of
/// the values by then.
struct LoadResult {
  std::vector<std::string> warnings;
  std::vector<std::string> errors;
  bool help = false;                    ///< --help or -h
  bool check = false;                   ///< --check: load, report, end
  bool version = false;                 ///< --version
  std::string config_file;              ///< empty: none was named
  std::vector<std::string> positional;  ///< what does not begin with '-', and all behind "--"
};

/// Fills the variables of `table` from the file, the environment and the command line, the later
/// one wins. `args` is argv without the program's name; `environment` is `environ`, or nullptr.
LoadResult load(OptionTable& table, std::span<const char* const> args,
                const char* const* environment);

/// The file's part alone, its text given: `file` is its name for messages.
void load_text(OptionTable& table, std::string_view text, std::string_view file,
               LoadResult& result);

}  // namespace sipcast::config
