#pragma once
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace sipcast::ctl {

extern const char kHelp[];

/// A command line, taken apart.
struct Arguments {
  std::vector<std::string> words;              ///< the command and what it is about
  std::map<std::string, std::string> options;  ///< by name, without "--"; "" for a switch
  bool has(const std::string& name) const { return options.contains(name); }
  /// "" when it is absent.
  std::string get(const std::string& name) const;
};

/// Options may stand anywhere, as --name=value or --name value. Errors: InvalidArgument, naming an
/// option that there is not, or that lacks its value.
Result<Arguments> parse_arguments(std::span<const char* const> args);

}  // namespace sipcast::ctl
