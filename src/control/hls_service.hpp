#pragma once
#include <list>
#include <map>
#include <memory>
#include <string>

#include "control/access/play_access.hpp"
#include "control/media_worker.hpp"
#include "egress/hls_output.hpp"
#include "hls/playlist.hpp"
#include "http/http.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// Streams as HLS and LL-HLS (RFC 8216bis): begun by the first request for a playlist, ended when
/// nobody asks any more. Answers from memory; what a player waits for (blocking reloads, the part
/// that is announced) is held until it is there. Web loop only.
class HlsService {
 public:
  struct Options {
    hls::Segmenter::Options segments;
    Duration idle = std::chrono::seconds(30);      ///< without a request; more for long segments
    Duration linger = std::chrono::seconds(60);    ///< how long a stream is served behind its end
    Duration patience = std::chrono::seconds(25);  ///< of a request for what is not there yet
    size_t max_streams = 100;
    size_t max_waiting = 10'000;  ///< requests
  };
  HlsService(Options options, EventLoop& web, MediaPlane& media, Logger log);
  ~HlsService();

  using Tracks = HlsOutput::Tracks;
  void playlist(const StreamName& stream, Tracks tracks, const http::Request& request,
                const http::Respond& respond);
  /// A file that a playlist has named.
  void file(const StreamName& stream, std::string_view name, const http::Respond& respond);
  /// Any thread. Begins without a request, and goes on without them until release().
  void keep(const StreamName& stream);
  void release(const StreamName& stream);

 private:
  struct Waiting {
    std::optional<hls::Reload> reload;  // of the playlist, or else of
    std::string file;
    http::Respond respond;
    Instant until;
  };
  struct Entry {
    Entry(uint64_t output, hls::Playlist::Options options)
        : output(output), playlist(std::move(options)) {}
    uint64_t output;  // its OutputId
    hls::Playlist playlist;
    std::string text, delta;  // of the playlist, "" until somebody wants it
    std::list<Waiting> waiting;
    Instant last_asked;
    std::optional<Instant> ended;
    std::string refused;  // why
    bool kept = false;
    bool told_long = false;
  };
  struct Key {
    std::string stream;
    Tracks tracks;
    auto operator<=>(const Key&) const = default;
  };
  using Entries = std::map<Key, Entry>;
  void playlist(const Key& key, const hls::Reload& reload, const http::Respond& respond,
                bool is_there);
  Entry* begin(const Key& key);
  /// `task(entry)` on the web loop, and then an answer to all whose turn it is; any thread.
  template <class F>
  auto later(const Key& key, uint64_t output, F task);
  void wait(Entry& entry, Waiting waiting);
  /// False: it is not there yet.
  static bool answer(Entry& entry, const Waiting& waiting);
  void answer_ready(Entry& entry);
  void drop(Entries::iterator at, const Error& why);
  void arm();
  void tick();

  Options options_;
  EventLoop& web_;
  MediaPlane& media_;
  Logger log_;
  uint64_t last_output_ = 2ull << 40;  // apart from those of pushes and recordings
  Entries entries_;
  size_t waiting_ = 0;
  EventLoop::Timer timer_;
  bool armed_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// /hls/STREAM/index.m3u8, or audio.m3u8 for the sound alone, and what they name; the same below
/// /STREAM/, where WCS has STREAM.m3u8. `access` says who may have a playlist; what it names cannot
/// be guessed.
void add_hls_routes(http::Router& router, HlsService& hls, PlayAccess& access);

}  // namespace sipcast
