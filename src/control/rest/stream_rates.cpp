#include "control/rest/stream_rates.hpp"

namespace sipcast::rest {
namespace {

constexpr Duration kLeast = std::chrono::seconds(1);

double per_second(uint64_t now, uint64_t before, double seconds) {
  return now < before ? 0 : static_cast<double>(now - before) / seconds;
}

}  // namespace

std::map<std::string, StreamRates::Rates> StreamRates::measure(
    const std::vector<StreamInfo>& streams, Instant now) {
  std::map<std::string, Window> windows;
  std::map<std::string, Rates> rates;
  for (const StreamInfo& stream : streams) {
    if (!stream.stats.first_media) continue;
    const auto known = windows_.find(stream.name);
    Window window{*stream.stats.first_media, {}, {}};
    // A call of the same name may have ended, and another begun.
    if (known != windows_.end() && known->second.since >= *stream.stats.first_media)
      window = known->second;
    if (now - window.since >= kLeast) {
      const double seconds = std::chrono::duration<double>(now - window.since).count();
      const StreamStats& before = window.at_since;
      const StreamStats& after = stream.stats;
      const auto bps = [&](uint64_t bytes, uint64_t bytes_before) {
        return static_cast<uint64_t>(8 * per_second(bytes, bytes_before, seconds));
      };
      window.last = {bps(after.video_bytes_total, before.video_bytes_total),
                     bps(after.audio_bytes_total, before.audio_bytes_total),
                     per_second(after.frames_total, before.frames_total, seconds)};
      window.since = now;
      window.at_since = after;
    }
    rates.emplace(stream.name, window.last);
    windows.emplace(stream.name, window);
  }
  windows_ = std::move(windows);
  return rates;
}

}  // namespace sipcast::rest
