#include "ctl/arguments.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace sipcast::ctl {
namespace {
constexpr std::string_view kWithValue[] = {
    "url",          "key",   "login", "domain", "auth-name", "proxy", "port", "stream", "id",
    "display-name", "after", "types", "call",   "state",     "type",  "pcap", "count"};
constexpr std::string_view kSwitches[] = {"json",     "insecure", "no-audio", "no-video",
                                          "register", "record",   "help",     "watch"};
template <class List>
bool contains(const List& list, std::string_view name) {
  return std::ranges::find(list, name) != std::ranges::end(list);
}
}  // namespace

const char kHelp[] =
    R"(sipcastctl [--url http://127.0.0.1:8081] [--key KEY] [--insecure] [--json] COMMAND

  calls [--state STATE]        streams        viewers [--stream NAME]
  pushes [--stream NAME]       recordings     what there is
  show call ID | stream NAME | viewer ID      everything about one of them
  explain STREAM               what is done with its sound and picture for whom, and why
  call CALLEE --login USER --domain HOST [--auth-name NAME] [--proxy PROXY] [--port PORT]
       [--register] [--stream NAME] [--id ID] [--display-name TEXT] [--no-audio] [--no-video]
       [--record] [--watch]    places a call; the password is taken from SIPCASTCTL_PASSWORD
  hangup ID    hold ID    resume ID    dtmf ID DIGITS [--type TYPE]    transfer ID TARGET
  push STREAM RTMP-URL         end-push ID
  record STREAM                end-record STREAM
  kick VIEWER                  ends a viewer
  watch [--after ID] [--types TYPES] [--call ID] [--stream NAME] [--count N]    events, as they come
  trace ID [--pcap FILE]       the SIP ladder of a call, or its packets for Wireshark
  snapshot STREAM FILE         the picture of now, as PNG
  drain | undrain              no new calls, and the end of the server behind the last one; or not

SIPCASTCTL_URL and SIPCASTCTL_KEY stand for --url and --key. With --json the server's own JSON is
printed. Exit status: 0, or 1 when the server refuses, or 2 for a wrong command line.
)";

std::string Arguments::get(const std::string& name) const {
  const auto found = options.find(name);
  return found == options.end() ? "" : found->second;
}

Result<Arguments> parse_arguments(std::span<const char* const> args) {
  Arguments parsed;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string_view word = args[i];
    if (!word.starts_with("--") || word.size() == 2) {
      parsed.words.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(2, equals == word.npos ? word.npos : equals - 2));
    if (contains(kSwitches, name) && equals == word.npos) {
      parsed.options[name] = "";
      continue;
    }
    if (!contains(kWithValue, name)) {
      return fail(Errc::InvalidArgument, "--" + printable(name) + ": no such option");
    }
    if (equals != word.npos) {
      parsed.options[name] = word.substr(equals + 1);
    } else if (i + 1 < args.size()) {
      parsed.options[name] = args[++i];
    } else {
      return fail(Errc::InvalidArgument, "--" + name + ": its value is missing");
    }
  }
  return parsed;
}

}  // namespace sipcast::ctl
