#include "app/access_command.hpp"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "control/access/credentials.hpp"

namespace sipcast {
namespace {

constexpr char kUsage[] =
    "sipcast user add NAME --file FILE       the password is asked for, or a line of the input\n"
    "sipcast user remove NAME --file FILE\n"
    "sipcast key add ID --file FILE scopes=calls,streams,admin [calls=N] [calls_per_hour=N]\n"
    "sipcast key remove ID --file FILE\n";
constexpr size_t kMaxFile = 1024 * 1024;

struct Command {
  std::string kind, verb, name, file, rights;
};

Result<Command> parse(std::span<const char* const> args) {
  Command command;
  std::vector<std::string> words;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    if (word == "--file" && i + 1 < args.size()) {
      command.file = args[++i];
    } else if (word.starts_with("--file=")) {
      command.file = word.substr(7);
    } else if (word.contains('=')) {
      command.rights.append(command.rights.empty() ? "" : " ").append(word);
    } else {
      words.emplace_back(word);
    }
  }
  const bool verb_is_known = words.size() == 3 && (words[1] == "add" || words[1] == "remove");
  const bool rights_fit = command.rights.empty() || (words[0] == "key" && words[1] == "add");
  if (!verb_is_known || !rights_fit || command.file.empty()) {
    return fail(Errc::InvalidArgument, kUsage);
  }
  command.kind = words[0];
  command.verb = words[1];
  command.name = words[2];
  return command;
}

/// A line of the input; typed at a terminal it is not shown.
std::string read_password() {
  termios shown{};
  const bool terminal = ::tcgetattr(STDIN_FILENO, &shown) == 0;
  if (terminal) {
    std::fputs("Password: ", stderr);
    termios hidden = shown;
    hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    std::fputc('\n', stderr);
  }
  return line;
}

Result<void> run(const Command& command) {
  std::string line;
  NewKey key;
  if (command.verb == "add" && command.kind == "user") {
    auto made = make_user_line(command.name, read_password());
    if (!made) return std::unexpected(made.error());
    line = std::move(*made);
  } else if (command.verb == "add") {
    auto made = make_key(command.name, command.rights);
    if (!made) return std::unexpected(made.error());
    key = std::move(*made);
    line = key.line;
  }
  const auto old = read_file(command.file, kMaxFile);
  if (!old && old.error().code != Errc::NotFound) return std::unexpected(old.error());
  const std::string text = with_line(old ? *old : "", command.kind, command.name, line);
  if (const auto checked = Credentials::parse(text); !checked) {
    return fail(checked.error().code, command.file + ": " + checked.error().cause);
  }
  if (command.verb == "remove" && (!old || text == *old)) {
    return fail(Errc::NotFound,
                fmt::format("{}: has no {} {}", command.file, command.kind, command.name));
  }
  if (auto written = replace_file(command.file, text); !written) return written;
  if (!key.token.empty()) std::printf("%s\n", key.token.c_str());  // shown this once
  return {};
}

}  // namespace

int run_access_command(std::span<const char* const> args) {
  const auto command = parse(args);
  if (!command) {
    std::fputs(command.error().cause.c_str(), stderr);
    return 2;
  }
  const auto done = run(*command);
  if (done) return 0;
  std::fprintf(stderr, "sipcast: %s\n", done.error().cause.c_str());
  return 1;
}

}  // namespace sipcast
