#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sipcast {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sipcast: bug: CHECK(%s) failed at %s:%d\n", condition, file, line);
  std::abort();
}

}  // namespace sipcast
