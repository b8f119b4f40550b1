// sipcast_phone_main: the test phone alone, not installed. Users get `sipcast phone`.
#include <span>

#include "phone/phone_main.hpp"

int main(int argc, char** argv) {
  const std::span<const char* const> args(argv, static_cast<size_t>(argc));
  return sipcast::phone::run_phone(args.subspan(argc > 0 ? 1 : 0));
}
