#include "control/hls_service.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/rest/http_status.hpp"

namespace sipcast {
namespace {
using namespace std::chrono_literals;

constexpr Duration kTick = 500ms;
constexpr int64_t kLongSeconds = 4;  // segments from this on are worth a line in the log
Instant now() { return std::chrono::steady_clock::now(); }

http::Response reply(std::string_view type, std::string cache, std::string body) {
  return {.status = 200,
          .headers = {{"Content-Type", std::string(type)}, {"Cache-Control", std::move(cache)}},
          .body = std::move(body)};
}

http::Response refusal(const Error& error) {
  http::Response response = rest::error_response(error);
  response.headers.emplace_back("Cache-Control", "no-store");
  if (response.status == 503) response.headers.emplace_back("Retry-After", "2");
  return response;
}

const Error kNoStream{Errc::NotFound, "there is no stream of this name"};
const Error kNoFile{Errc::NotFound, "this piece of the stream is gone, or never was"};
const Error kNotYet{Errc::Timeout, "the stream has nothing to show yet"};
}  // namespace

HlsService::HlsService(Options options, EventLoop& web, MediaPlane& media, Logger log)
    : options_(options), web_(web), media_(media), log_(std::move(log)) {}

HlsService::~HlsService() { *alive_ = false; }

template <class F>
auto HlsService::later(const Key& key, uint64_t output, F task) {
  return [this, alive = alive_, &web = web_, key, output, task](auto... arguments) {
    web.post([this, alive, key, output, task, ... arguments = std::move(arguments)]() mutable {
      if (!*alive) return;
      const auto found = entries_.find(key);
      if (found == entries_.end() || found->second.output != output) return;
      Entry& entry = found->second;
      task(*this, entry, std::move(arguments)...);
      entry.text.clear();
      entry.delta.clear();
      answer_ready(entry);
    });
  };
}

HlsService::Entry* HlsService::begin(const Key& key) {
  if (entries_.size() >= options_.max_streams) return nullptr;
  const uint64_t output = ++last_output_;
  const hls::Playlist::Options options{.run = to_lower(random_token(8)),
                                       .part_target = options_.segments.part_target,
                                       .moment = now(),
                                       .wall = std::chrono::system_clock::now()};
  Entry& entry = entries_.try_emplace(key, output, options).first->second;
  entry.last_asked = now();
  const StreamName stream{key.stream};
  const Logger log = log_.with("stream", key.stream);
  log.info("HLS{} begins", key.tracks == Tracks::SoundAlone ? " of the sound" : "");
  HlsOutput::Events events{
      .media = {.init = later(key, output,
                              [](HlsService&, Entry& e, hls::Blob init) {
                                e.playlist.add_init(std::move(init));
                              }),
                .part = later(key, output,
                              [log](HlsService&, Entry& e, hls::Part part) {
                                e.playlist.add_part(std::move(part));
                                const int64_t target = e.playlist.target();
                                if (target < kLongSeconds || std::exchange(e.told_long, true))
                                  return;
                                log.warning(
                                    "keyframes are {} s apart: HLS segments are as long, and "
                                    "plain players so far behind",
                                    target);
                              })},
      .refused =
          later(key, output,
                [](HlsService&, Entry& e, std::string cause) { e.refused = std::move(cause); }),
      .ended = later(key, output, [](HlsService&, Entry& e) {
        e.playlist.end();
        e.ended = now();
      })};
  media_.worker_for(stream).add_output(
      OutputId{output}, stream, FrameCodec::Aac,
      std::make_shared<HlsOutput>(key.tracks, options_.segments, std::move(events), log),
      later(key, output, [](HlsService&, Entry& e, Error error) { e.refused = error.cause; }));
  arm();
  return &entry;
}

void HlsService::playlist(const StreamName& stream, Tracks tracks, const http::Request& request,
                          const http::Respond& respond) {
  const auto reload =
      hls::parse_reload(request.query_value("_HLS_msn"), request.query_value("_HLS_part"),
                        request.query_value("_HLS_skip"));
  if (!reload) return respond(refusal(reload.error()));
  const Key key{stream.value, tracks};
  const auto found = entries_.find(key);
  if (found != entries_.end() && !found->second.ended) {
    return playlist(key, *reload, respond, true);
  }
  // It may be there now, or again.
  media_.worker_for(stream).has_stream(
      stream, [this, alive = alive_, &web = web_, key, reload = *reload, respond](bool is_there) {
        web.post([this, alive, key, reload, respond, is_there] {
          if (*alive) playlist(key, reload, respond, is_there);
        });
      });
}

void HlsService::playlist(const Key& key, const hls::Reload& reload, const http::Respond& respond,
                          bool is_there) {
  auto found = entries_.find(key);
  if (found != entries_.end() && found->second.ended && is_there) {
    drop(found, kNoFile);
    found = entries_.end();
  }
  Entry* entry = found == entries_.end() ? nullptr : &found->second;
  if (!entry && !is_there) return respond(refusal(kNoStream));
  if (!entry) entry = begin(key);
  if (!entry) {
    return respond(
        refusal({Errc::Exhausted, "this server has its greatest number of HLS streams (hls.max)"}));
  }
  entry->last_asked = now();
  if (entry->playlist.ready() && entry->playlist.is_too_far(reload)) {
    return respond(refusal(
        {Errc::InvalidArgument, "_HLS_msn is further ahead than the next segment but one"}));
  }
  wait(*entry, {.reload = reload, .file = {}, .respond = respond, .until = {}});
}

void HlsService::file(const StreamName& stream, std::string_view name,
                      const http::Respond& respond) {
  const auto parsed = hls::parse_file_name(name);
  for (const Tracks tracks : {Tracks::All, Tracks::SoundAlone}) {
    const auto found = parsed ? entries_.find({stream.value, tracks}) : entries_.end();
    if (found == entries_.end() || found->second.playlist.run() != parsed->run) continue;
    found->second.last_asked = now();
    return wait(found->second,
                {.reload = {}, .file = std::string(name), .respond = respond, .until = {}});
  }
  respond(refusal(kNoFile));
}

void HlsService::wait(Entry& entry, Waiting waiting) {
  if (answer(entry, waiting)) return;
  if (waiting_ >= options_.max_waiting) {
    return waiting.respond(
        refusal({Errc::Exhausted, "too many players wait for something on this server"}));
  }
  waiting.until = now() + options_.patience;
  entry.waiting.push_back(std::move(waiting));
  ++waiting_;
}

bool HlsService::answer(Entry& entry, const Waiting& waiting) {
  const auto give = [&](http::Response response) {
    waiting.respond(std::move(response));
    return true;
  };
  if (!entry.refused.empty()) return give(refusal({Errc::Unsupported, entry.refused}));
  const hls::Playlist& playlist = entry.playlist;
  if (waiting.reload) {
    if (playlist.ended() && !playlist.ready()) return give(refusal(kNoStream));
    if (!playlist.ready() || !playlist.has(*waiting.reload)) return false;
    std::string& text = waiting.reload->skip ? entry.delta : entry.text;
    if (text.empty()) text = playlist.text(waiting.reload->skip);
    // What was waited for is never asked for twice by one player, but by all at the same time.
    return give(reply("application/vnd.apple.mpegurl",
                      waiting.reload->msn ? "public, max-age=10" : "public, max-age=1", text));
  }
  const auto name = hls::parse_file_name(waiting.file);
  if (!name) return give(refusal(kNoFile));
  if (auto bytes = playlist.file(*name)) {
    return give(reply("video/mp4", "public, max-age=3600, immutable", std::move(*bytes)));
  }
  return playlist.is_next(*name) ? false : give(refusal(kNoFile));
}

void HlsService::answer_ready(Entry& entry) {
  waiting_ -= entry.waiting.remove_if([&](const Waiting& one) { return answer(entry, one); });
}

void HlsService::drop(Entries::iterator at, const Error& why) {
  const Entry& entry = at->second;
  waiting_ -= entry.waiting.size();
  for (const Waiting& waiting : entry.waiting) waiting.respond(refusal(why));
  media_.worker_for(StreamName{at->first.stream}).remove_output(OutputId{entry.output});
  entries_.erase(at);
}

void HlsService::arm() {
  if (std::exchange(armed_, true)) return;
  timer_ = web_.after(kTick, [this] {
    armed_ = false;
    tick();
  });
}

void HlsService::tick() {
  const Instant at = now();
  for (auto next = entries_.begin(); next != entries_.end();) {
    const auto here = next++;
    Entry& entry = here->second;
    waiting_ -= entry.waiting.remove_if([&](const Waiting& one) {
      if (at < one.until) return false;
      one.respond(refusal(kNotYet));
      return true;
    });
    if (!entry.waiting.empty()) continue;
    const Duration idle = std::max(options_.idle, Duration(4s * entry.playlist.target()));
    if (entry.ended ? at - *entry.ended >= options_.linger
                    : !entry.kept && at - entry.last_asked >= idle) {
      if (!entry.ended)
        log_.with("stream", here->first.stream).info("HLS ends: nobody asks for it");
      drop(here, kNoStream);
    }
  }
  if (!entries_.empty()) arm();
}

void HlsService::keep(const StreamName& stream) {
  web_.post([this, alive = alive_, key = Key{stream.value, Tracks::All}] {
    if (!*alive) return;
    const auto found = entries_.find(key);
    if (found != entries_.end() && found->second.ended) drop(found, kNoFile);
    Entry* entry = entries_.contains(key) ? &entries_.at(key) : begin(key);
    if (entry) entry->kept = true;
  });
}

void HlsService::release(const StreamName& stream) {
  web_.post([this, alive = alive_, key = Key{stream.value, Tracks::All}] {
    if (!*alive) return;
    const auto found = entries_.find(key);
    if (found != entries_.end()) found->second.kept = false;
  });
}

namespace {

void serve_playlist(HlsService& hls, PlayAccess& access, const StreamName& stream,
                    HlsService::Tracks tracks, const http::Request& request,
                    const http::Respond& respond) {
  constexpr std::string_view kHook = "playHLS";
  PlayAccess::Asked asked = asked_by_http(request, stream, "HLS");
  asked.method = kHook;
  if (access.is_open(asked.app_key, kHook)) return hls.playlist(stream, tracks, request, respond);
  access.check_playlist(std::move(asked), [&hls, stream, tracks, request,
                                           respond](const PlayAccess::Decision& decision) {
    if (decision.allowed) return hls.playlist(stream, tracks, request, respond);
    http::Response refused = play_refused(decision);
    refused.status = 401;  // as WCS has it, whatever the hook says
    refused.headers.emplace_back("Cache-Control", "no-store");
    respond(std::move(refused));
  });
}

}  // namespace

void add_hls_routes(http::Router& router, HlsService& hls, PlayAccess& access) {
  const auto serve = [&hls, &access](std::string_view prefix) {
    return [&hls, &access, prefix](const http::Request& request, const http::Respond& respond) {
      const std::string_view rest = std::string_view(request.path).substr(prefix.size());
      const size_t slash = rest.rfind('/');
      if (slash == std::string_view::npos || slash == 0) {
        return respond(http::Response::text(404, "not found\n"));
      }
      const StreamName stream{std::string(rest.substr(0, slash))};
      const std::string_view file = rest.substr(slash + 1);
      if (file == "index.m3u8" || file == stream.value + ".m3u8") {
        return serve_playlist(hls, access, stream, HlsService::Tracks::All, request, respond);
      }
      if (file == "audio.m3u8") {
        return serve_playlist(hls, access, stream, HlsService::Tracks::SoundAlone, request,
                              respond);
      }
      hls.file(stream, file, respond);
    };
  };
  router.add("GET", "/hls/*", serve("/hls/"));
  // As WCS has it on its ports for HLS. Whatever else there is not stays a 404.
  router.add("*", "/*", [get = serve("/")](const http::Request& request, http::Respond respond) {
    if (request.method == "GET" || request.method == "HEAD") return get(request, respond);
    respond(http::Response::text(404, "not found\n"));
  });
}

}  // namespace sipcast
