#include <fmt/format.h>

#include "base/text.hpp"
#include "bench/load/http_client.hpp"
#include "bench/load/signalling.hpp"

namespace sipcast::bench {
namespace {

/// A browser's offer, without what no server needs.
std::string offer_text(const ViewerOffer& offer) {
  const std::string transport = fmt::format(
      "c=IN IP4 0.0.0.0\r\na=ice-ufrag:{}\r\na=ice-pwd:{}\r\na=fingerprint:{}\r\n"
      "a=setup:actpass\r\na=recvonly\r\na=rtcp-mux\r\na=rtcp-rsize\r\n",
      offer.ufrag, offer.pwd, offer.fingerprint);
  return "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n"
         "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8\r\na=mid:0\r\n" +
         transport +
         "a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
         "m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\na=mid:1\r\n" +
         transport +
         "a=rtpmap:102 H264/90000\r\na=rtcp-fb:102 nack\r\na=rtcp-fb:102 nack pli\r\n"
         "a=rtcp-fb:102 ccm fir\r\na=rtcp-fb:102 goog-remb\r\n"
         "a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
         "a=rtpmap:103 rtx/90000\r\na=fmtp:103 apt=102\r\n";
}

class Whep final : public Signalling {
 public:
  Whep(const SocketAddress& server, std::string path) : http_(server), path_(std::move(path)) {}
  Result<ViewerRemote> join(const ViewerOffer& offer) override {
    const auto reply = http_.request("POST", path_, "application/sdp", offer_text(offer));
    http_.close();
    if (!reply) return std::unexpected(reply.error());
    if (reply->status != 201) {
      return fail(Errc::Refused, fmt::format("WHEP {}: {}", reply->status, reply->body));
    }
    auto remote = read_remote(reply->body);
    if (remote) remote->resource = reply->headers.at("location");
    return remote;
  }
  void leave(const std::string& resource) override {
    [[maybe_unused]] const auto gone = http_.request("DELETE", resource, "", "");
    http_.close();
  }

 private:
  HttpClient http_;
  std::string path_;
};

}  // namespace

std::string_view sdp_value(std::string_view sdp, std::string_view prefix) {
  const size_t at = sdp.find(prefix);
  if (at == std::string_view::npos) return {};
  sdp.remove_prefix(at + prefix.size());
  return sdp.substr(0, sdp.find_first_of("\r\n"));
}

Result<ViewerRemote> read_remote(std::string_view sdp) {
  ViewerRemote remote{.ufrag = std::string(sdp_value(sdp, "a=ice-ufrag:")),
                      .pwd = std::string(sdp_value(sdp, "a=ice-pwd:")),
                      .candidate = {},
                      .resource = {}};
  for (const std::string_view line : split(sdp, '\n')) {
    if (!line.starts_with("a=candidate:")) continue;
    const auto words = split(trim(line), ' ');  // foundation component protocol priority ip port
    if (words.size() < 6 || words[1] != "1" || !iequals(words[2], "udp")) continue;
    const auto port = parse_decimal(words[5], 65535);
    auto address = SocketAddress::parse(words[4], static_cast<uint16_t>(port.value_or(0)));
    if (!address || address->is_v6()) continue;
    remote.candidate = *address;
    break;
  }
  if (remote.ufrag.empty() || remote.pwd.empty() || remote.candidate.empty()) {
    return fail(Errc::BadSyntax, "no ICE in the server's description");
  }
  return remote;
}

std::unique_ptr<Signalling> make_whep(const SocketAddress& server, std::string path) {
  return std::make_unique<Whep>(server, std::move(path));
}

}  // namespace sipcast::bench
