#include "ctl/command.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <map>

#include "base/text.hpp"
#include "ctl/show.hpp"
#include "ctl/sse_parser.hpp"

namespace sipcast::ctl {
namespace {

namespace json = boost::json;

constexpr int kDone = 0, kRefused = 1, kUsage = 2;

/// What a command says, and to whom.
struct Session {
  const Arguments& arguments;
  const std::string& secret;
  ApiClient& api;
  const Print& out;
  const Print& err;

  const std::string& word(size_t i) const { return arguments.words.at(i); }
  bool json() const { return arguments.has("json"); }
  int fail_with(std::string_view why) const {
    err("sipcastctl: " + std::string(why) + "\n");
    return kRefused;
  }
};

std::string query(const Arguments& arguments,
                  std::initializer_list<std::pair<const char*, const char*>> names) {
  std::string text;
  for (const auto& [option, parameter] : names) {
    if (!arguments.has(option)) continue;
    text += text.empty() ? "?" : "&";
    text += std::string(parameter) + "=" + encode(arguments.get(option));
  }
  return text;
}

/// The cause of a problem document, or the status.
std::string cause_of(const Reply& reply) {
  boost::system::error_code error;
  const json::value value = json::parse(reply.body, error);
  const json::object* object = error ? nullptr : value.if_object();
  for (const char* name : {"detail", "message"}) {
    const json::value* detail = object ? object->if_contains(name) : nullptr;
    if (detail && detail->is_string()) return printable(detail->get_string(), 1000);
  }
  return "the server answers " + std::to_string(reply.status);
}

int show(const Session& session, const Result<Reply>& reply) {
  if (!reply) return session.fail_with(reply.error().cause);
  if (reply->status / 100 != 2) {
    if (session.json() && !reply->body.empty()) session.out(reply->body + "\n");
    return session.fail_with(cause_of(*reply));
  }
  if (reply->body.empty()) return kDone;
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  if (session.json() || error || !value.is_object()) {
    session.out(reply->body + "\n");
  } else {
    session.out(show_list(value.get_object()));
  }
  return kDone;
}

int get(const Session& session, const std::string& path) {
  return show(session, session.api.request("GET", path));
}

int post(const Session& session, const std::string& path, const json::object& body = {}) {
  const std::string text = body.empty() ? "" : json::serialize(body);
  return show(session, session.api.request("POST", path, text));
}

int watch(const Session& session, const std::string& path, std::string last_id, uint64_t count) {
  uint64_t seen = 0;
  SseParser parser([&](const SseEvent& event) {
    if (count > 0 && seen >= count) return;
    ++seen;
    boost::system::error_code error;
    const json::value value = json::parse(event.data, error);
    if (session.json() || error || !value.is_object()) return session.out(event.data + "\n");
    session.out(event.type == "missed" ? "(events are missing here)\n"
                                       : show_event(value.get_object()));
  });
  const auto take = [&](std::string_view bytes) {
    parser.push(bytes);
    return count == 0 || seen < count;
  };
  for (;;) {  // a connection that breaks is made again from where it was
    const uint64_t before = seen;
    const auto reply = session.api.listen(path, last_id, take);
    if (count > 0 && seen >= count) return kDone;
    if (reply && reply->status != 200) return session.fail_with(cause_of(*reply));
    if (!reply && seen == before) return session.fail_with(reply.error().cause);
    last_id = parser.last_id();
  }
}

int watch(const Session& session) {
  const auto count = session.arguments.has("count") ? parse_decimal(session.arguments.get("count"))
                                                    : std::optional<uint64_t>(0);
  if (!count) return session.fail_with("--count: must be a number"), kUsage;
  return watch(session,
               "/v1/events" + query(session.arguments, {{"after", "after"},
                                                        {"types", "types"},
                                                        {"call", "call_id"},
                                                        {"stream", "stream"}}),
               "", *count);
}

int place_call(const Session& session) {
  const Arguments& arguments = session.arguments;
  json::object account, body{{"callee", session.word(1)}};
  for (const auto& [option, field] : {std::pair("login", "login"),
                                      {"domain", "domain"},
                                      {"auth-name", "auth_name"},
                                      {"display-name", "display_name"},
                                      {"proxy", "proxy"}}) {
    if (arguments.has(option)) account[field] = arguments.get(option);
  }
  if (!session.secret.empty()) account["password"] = session.secret;
  if (arguments.has("register")) account["register"] = true;
  if (arguments.has("port")) {
    const auto port = parse_decimal(arguments.get("port"), 65535);
    if (!port) return session.fail_with("--port: must be a number up to 65535"), kUsage;
    account["port"] = *port;
  }
  body["account"] = std::move(account);
  if (arguments.has("stream")) body["stream"] = arguments.get("stream");
  if (arguments.has("id")) body["call_id"] = arguments.get("id");
  if (arguments.has("no-audio")) body["audio"] = false;
  if (arguments.has("no-video")) body["video"] = false;
  if (arguments.has("record")) body["record"] = true;
  const auto reply = session.api.request("POST", "/v1/calls", json::serialize(body));
  if (const int status = show(session, reply); status != kDone) return status;
  if (!arguments.has("watch")) return kDone;
  boost::system::error_code error;
  const json::value call = json::parse(reply->body, error);
  if (error || !call.is_object() || !call.get_object().contains("call_id")) return kRefused;
  return watch(
      session,
      "/v1/events?after=0&call_id=" + encode(json::value_to<std::string>(call.at("call_id"))), "",
      0);
}

int save(const Session& session, const Reply& reply, const std::string& path,
         std::string_view bytes) {
  if (reply.status != 200) return session.fail_with(cause_of(reply));
  FILE* file = std::fopen(path.c_str(), "wb");
  const bool written = file && std::fwrite(bytes.data(), 1, bytes.size(), file) == bytes.size();
  if (file && std::fclose(file) == 0 && written) return kDone;
  return session.fail_with(path + ": cannot be written");
}

int trace(const Session& session) {
  const std::string path = "/v1/calls/" + encode(session.word(1)) + "/trace";
  if (session.json()) return get(session, path);
  const bool pcap = session.arguments.has("pcap");
  const auto reply = session.api.request("GET", path + (pcap ? ".pcap" : ".txt"));
  if (!reply) return session.fail_with(reply.error().cause);
  if (pcap) return save(session, *reply, session.arguments.get("pcap"), reply->body);
  if (reply->status != 200) return session.fail_with(cause_of(*reply));
  session.out(reply->body);
  return kDone;
}

/// "" for what is no base64.
std::string decode_base64(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return "";
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 0xff);
  }
  return bytes;
}

int snapshot(const Session& session) {
  const auto reply =
      session.api.request("POST", "/rest-api/stream/snapshot",
                          json::serialize(json::object{{"streamName", session.word(1)}}));
  if (!reply) return session.fail_with(reply.error().cause);
  if (reply->status != 200) return session.fail_with(cause_of(*reply));
  boost::system::error_code error;
  const json::value value = json::parse(reply->body, error);
  const json::object* object = error ? nullptr : value.if_object();
  const json::value* data = object ? object->if_contains("data") : nullptr;
  const std::string png = data && data->is_string() ? decode_base64(data->get_string()) : "";
  if (png.empty()) return session.fail_with("the server's answer holds no picture");
  return save(session, *reply, session.word(2), png);
}

int show_one(const Session& session) {
  const std::string& kind = session.word(1);
  if (kind != "call" && kind != "stream" && kind != "viewer") {
    return session.fail_with("show call ID, stream NAME or viewer ID"), kUsage;
  }
  return get(session, "/v1/" + kind + "s/" + encode(session.word(2)));
}

struct Command {
  size_t words;  ///< with its own name
  std::function<int(const Session&)> run;
};

const std::map<std::string, Command, std::less<>>& commands() {
  const auto list = [](const char* path) {
    return Command{1, [path](const Session& s) {
                     return get(s, std::string(path) + query(s.arguments, {{"state", "state"},
                                                                           {"stream", "stream"}}));
                   }};
  };
  const auto tell = [](const char* action) {
    return Command{2, [action](const Session& s) {
                     return post(s, "/v1/calls/" + encode(s.word(1)) + "/" + action);
                   }};
  };
  const auto remove = [](const char* path) {
    return Command{2, [path](const Session& s) {
                     return show(s, s.api.request("DELETE", path + encode(s.word(1))));
                   }};
  };
  static const std::map<std::string, Command, std::less<>> kCommands = {
      {"calls", list("/v1/calls")},
      {"streams", list("/v1/streams")},
      {"viewers", list("/v1/viewers")},
      {"pushes", list("/v1/pushes")},
      {"recordings", list("/v1/recordings")},
      {"show", {3, show_one}},
      {"explain",
       {2,
        [](const Session& s) { return get(s, "/v1/streams/" + encode(s.word(1)) + "/explain"); }}},
      {"call", {2, place_call}},
      {"hangup", remove("/v1/calls/")},
      {"hold", tell("hold")},
      {"resume", tell("resume")},
      {"dtmf",
       {3,
        [](const Session& s) {
          json::object body{{"digits", s.word(2)}};
          if (s.arguments.has("type")) body["type"] = s.arguments.get("type");
          return post(s, "/v1/calls/" + encode(s.word(1)) + "/dtmf", body);
        }}},
      {"transfer",
       {3,
        [](const Session& s) {
          return post(s, "/v1/calls/" + encode(s.word(1)) + "/transfer", {{"target", s.word(2)}});
        }}},
      {"push",
       {3,
        [](const Session& s) {
          return post(s, "/v1/pushes", {{"stream", s.word(1)}, {"url", s.word(2)}});
        }}},
      {"end-push", remove("/v1/pushes/")},
      {"record",
       {2, [](const Session& s) { return post(s, "/v1/recordings", {{"stream", s.word(1)}}); }}},
      {"end-record", remove("/v1/recordings/")},
      {"kick", remove("/v1/viewers/")},
      {"watch", {1, [](const Session& s) { return watch(s); }}},
      {"trace", {2, trace}},
      {"snapshot", {3, snapshot}},
      {"drain", {1, [](const Session& s) { return post(s, "/v1/drain"); }}},
      {"undrain",
       {1, [](const Session& s) { return show(s, s.api.request("DELETE", "/v1/drain")); }}},
  };
  return kCommands;
}

}  // namespace

int run(const Arguments& arguments, const std::string& secret, ApiClient& api, const Print& out,
        const Print& err) {
  if (arguments.has("help") || arguments.words.empty()) {
    (arguments.has("help") ? out : err)(kHelp);
    return arguments.has("help") ? kDone : kUsage;
  }
  const Session session{arguments, secret, api, out, err};
  const auto found = commands().find(arguments.words[0]);
  if (found == commands().end()) {
    return session.fail_with(printable(arguments.words[0]) + ": no such command; see --help"),
           kUsage;
  }
  if (arguments.words.size() != found->second.words) {
    return session.fail_with(found->first + fmt::format(" takes {} words behind it; see --help",
                                                        found->second.words - 1)),
           kUsage;
  }
  return found->second.run(session);
}

}  // namespace sipcast::ctl
