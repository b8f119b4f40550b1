#pragma once
#include <span>

namespace sipcast::phone {

/// `sipcast phone`: runs the test phone until SIGINT, SIGTERM or the last of `--calls`. `args` are
/// what follows the word `phone`. Call it before any other thread is started (it blocks signals).
/// Returns the exit status: 0, 1 (it could not start) or 2 (wrong options).
int run_phone(std::span<const char* const> args);

}  // namespace sipcast::phone
