#include <cstdio>
#include <cstdlib>

#include "ctl/command.hpp"

namespace {
std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}
}  // namespace

int main(int argc, char** argv) {
  using namespace sipcast::ctl;
  const auto arguments = parse_arguments({argv + 1, static_cast<size_t>(argc - 1)});
  if (!arguments) {
    std::fprintf(stderr, "sipcastctl: %s\n", arguments.error().cause.c_str());
    return 2;
  }
  const auto or_else = [&](const char* option, const char* variable, const char* otherwise) {
    if (arguments->has(option)) return arguments->get(option);
    const std::string value = environment(variable);
    return value.empty() ? std::string(otherwise) : value;
  };
  ApiClient api({.url = or_else("url", "SIPCASTCTL_URL", "http://127.0.0.1:8081"),
                 .key = or_else("key", "SIPCASTCTL_KEY", ""),
                 .insecure = arguments->has("insecure")});
  const auto print_to = [](FILE* file) {
    return [file](std::string_view text) {
      std::fwrite(text.data(), 1, text.size(), file);
      std::fflush(file);
    };
  };
  return run(*arguments, environment("SIPCASTCTL_PASSWORD"), api, print_to(stdout),
             print_to(stderr));
}
