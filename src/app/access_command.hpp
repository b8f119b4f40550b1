#pragma once
#include <span>

namespace sipcast {

/// `sipcast user add NAME --file FILE` (the password from the terminal, or a line of the input),
/// `sipcast key add ID --file FILE scopes=calls,streams ...`, and `remove` of either: the lines of
/// `auth.file`. `args` begins with "user" or "key". Returns the exit status.
int run_access_command(std::span<const char* const> args);

}  // namespace sipcast
