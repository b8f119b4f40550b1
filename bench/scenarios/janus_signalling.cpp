#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "bench/load/http_client.hpp"
#include "bench/scenarios/janus_server.hpp"

namespace sipcast::bench {
namespace {
namespace json = boost::json;

/// The answer of a browser that takes what Janus offers.
std::string answer_text(std::string_view offer, const ViewerOffer& own, const std::string& host) {
  std::string text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  text += fmt::format("a=group:{}\r\n", sdp_value(offer, "a=group:"));
  std::string_view rest = offer;
  for (size_t at = rest.find("m="); at != std::string_view::npos; at = rest.find("\nm=")) {
    rest = rest.substr(at + (rest[at] == '\n' ? 1 : 0));
    const size_t end = rest.find("\nm=");
    const std::string_view section = rest.substr(0, end);
    const std::string_view line = sdp_value(section, "m=");
    text += fmt::format(
        "m={}\r\nc=IN IP4 127.0.0.1\r\na=mid:{}\r\na=recvonly\r\na=rtcp-mux\r\na=ice-ufrag:{}\r\n"
        "a=ice-pwd:{}\r\na=fingerprint:{}\r\na=setup:active\r\na=rtpmap:{}\r\n"
        "a=candidate:1 1 udp 2122260223 {} {} typ host\r\na=end-of-candidates\r\n",
        line, sdp_value(section, "a=mid:"), own.ufrag, own.pwd, own.fingerprint,
        sdp_value(section, "a=rtpmap:"), host, own.port);
    const std::string_view format = sdp_value(section, "a=fmtp:");
    if (!format.empty()) text += fmt::format("a=fmtp:{}\r\n", format);
    rest.remove_prefix(1);
  }
  return text;
}

/// Janus' HTTP API: a session and a handle a viewer, events by long poll.
class Janus final : public Signalling {
 public:
  explicit Janus(const SocketAddress& server) : http_(server) {}

  Result<ViewerRemote> join(const ViewerOffer& own) override {
    auto remote = watch(own);
    http_.close();
    return remote;
  }

  void leave(const std::string& resource) override {
    [[maybe_unused]] const auto gone = post(resource, {{"janus", "destroy"}});
    http_.close();
  }

 private:
  Result<json::object> read(const Result<HttpReply>& reply) {
    if (!reply) return std::unexpected(reply.error());
    boost::system::error_code error;
    const json::value value = json::parse(reply->body, error);
    if (error || !value.is_object()) return fail(Errc::BadSyntax, "Janus: " + reply->body);
    if (value.as_object().contains("error")) return fail(Errc::Refused, "Janus: " + reply->body);
    return value.as_object();
  }
  Result<json::object> post(const std::string& path, json::object message) {
    message["transaction"] = random_token(8);
    return read(http_.request("POST", path, "application/json", json::serialize(message)));
  }
  Result<std::string> create(const std::string& path, json::object message) {
    auto made = post(path, std::move(message));
    if (!made) return std::unexpected(made.error());
    return fmt::format("{}/{}", path, made->at("data").at("id").to_number<uint64_t>());
  }

  Result<ViewerRemote> watch(const ViewerOffer& own) {
    auto session = create("/janus", {{"janus", "create"}});
    if (!session) return std::unexpected(session.error());
    auto handle =
        create(*session, {{"janus", "attach"}, {"plugin", "janus.plugin.streaming"}});
    if (!handle) return std::unexpected(handle.error());
    const auto watched = post(
        *handle, {{"janus", "message"}, {"body", json::object{{"request", "watch"}, {"id", 1}}}});
    if (!watched) return std::unexpected(watched.error());
    for (int i = 0; i < 8; ++i) {
      const auto event = read(http_.request("GET", *session, "", ""));
      if (!event) return std::unexpected(event.error());
      if (!event->contains("jsep")) continue;
      const std::string offer(event->at("jsep").at("sdp").as_string());
      auto remote = read_remote(offer);
      if (!remote) return remote;
      // The same machine: we are where it is.
      const std::string answer = answer_text(offer, own, remote->candidate.ip());
      const auto started = post(
          *handle, {{"janus", "message"},
                    {"body", json::object{{"request", "start"}}},
                    {"jsep", json::object{{"type", "answer"}, {"sdp", answer}}}});
      if (!started) return std::unexpected(started.error());
      remote->resource = *session;
      return remote;
    }
    return fail(Errc::Timeout, "Janus made no offer");
  }

  HttpClient http_;
};

}  // namespace

std::unique_ptr<Signalling> JanusServer::signalling() const {
  return std::make_unique<Janus>(http_);
}

}  // namespace sipcast::bench
