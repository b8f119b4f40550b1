#pragma once

namespace sipcast {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}

/// Our own bugs stop the process with a clear line. No remote byte may ever reach one.
#define CHECK(condition) \
  (static_cast<bool>(condition) ? (void)0 : ::sipcast::check_failed(#condition, __FILE__, __LINE__))
