#include "egress/record_manifest.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

#include "base/text.hpp"

namespace sipcast {
namespace {

/// JSON needs what printable() escapes, in its own way.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (byte < 0x80) {
      out += c;
    } else {
      out += '?';  // names of files are ASCII already
    }
  }
  return out + '"';
}

std::string spans(const std::vector<RecordSpan>& list) {
  std::string out = "[";
  for (const RecordSpan& span : list) {
    if (out.size() > 1) out += ",";
    out += fmt::format("{{\"fromMs\":{},\"toMs\":{}}}", to_ms(span.from), to_ms(span.to));
  }
  return out + "]";
}

std::string milliseconds(std::optional<Duration> time) {
  return time ? std::to_string(to_ms(*time)) : "null";
}

std::error_code system_error() { return {errno, std::generic_category()}; }

}  // namespace

std::string to_json(const RecordManifest& m) {
  return fmt::format(
      "{{\"file\":{},\"stream\":{},\"mediaSessionId\":{},\"startTime\":{},\"endTime\":{},"
      "\"durationMs\":{},\"bytes\":{},\"sha256\":{},\"videoCodec\":{},\"width\":{},\"height\":{},"
      "\"audioCodec\":{},\"videoFrames\":{},\"audioFrames\":{},\"framesDropped\":{},"
      "\"videoStartMs\":{},\"audioStartMs\":{},\"lipSync\":{},\"clockDriftPpm\":{},"
      "\"videoGaps\":{},\"audioGaps\":{},\"holds\":{},\"cause\":{}}}\n",
      quoted(m.file), quoted(m.stream), quoted(m.call), m.start_ms, m.end_ms, to_ms(m.length),
      m.bytes, quoted(m.sha256), quoted(m.video_codec), m.width, m.height, quoted(m.audio_codec),
      m.video_frames, m.audio_frames, m.frames_dropped, milliseconds(m.video_start),
      milliseconds(m.audio_start), m.lip_sync,
      m.clock_drift_ppm ? fmt::format("{:.1f}", *m.clock_drift_ppm) : "null", spans(m.video_gaps),
      spans(m.audio_gaps), spans(m.holds), quoted(m.cause));
}

Result<void> write_manifest(const std::string& path, const RecordManifest& manifest) {
  const std::string text = to_json(manifest), part = path + ".part";
  const auto failed = [&] {
    return fail(Errc::Io, fmt::format("cannot write {}: {}", path, system_error().message()));
  };
  std::unique_ptr<std::FILE, decltype([](std::FILE* f) { std::fclose(f); })> out(
      std::fopen(part.c_str(), "we"));
  if (!out || std::fputs(text.c_str(), out.get()) < 0) return failed();
  if (std::fclose(out.release()) != 0) return failed();
  if (std::rename(part.c_str(), path.c_str()) != 0) return failed();
  return {};
}

}  // namespace sipcast
