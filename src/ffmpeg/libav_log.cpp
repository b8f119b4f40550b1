#include "ffmpeg/libav_log.hpp"

extern "C" {
#include <libavutil/log.h>
}
#include <array>
#include <cstdarg>
#include <cstdio>
#include <mutex>

#include "base/text.hpp"

namespace sipcast::ffmpeg {
namespace {

constexpr size_t kMaxKept = 2048;
thread_local std::string* complaints = nullptr;

void keep(void* /*context*/, int level, const char* format, va_list arguments) {
  if (complaints == nullptr || level > AV_LOG_WARNING) return;
  std::array<char, 512> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  if (complaints->size() > kMaxKept) complaints->erase(0, complaints->size() / 2);
  *complaints += line.data();
}

}  // namespace

LibavComplaints::LibavComplaints() : before_(complaints) {
  static std::once_flag once;
  std::call_once(once, [] { av_log_set_callback(keep); });
  complaints = &lines_;
}

LibavComplaints::~LibavComplaints() { complaints = before_; }

std::string LibavComplaints::text() const {
  std::string joined;
  for (const std::string_view line : split(lines_, '\n')) {
    const std::string_view words = trim(line);
    if (words.empty()) continue;
    if (!joined.empty()) joined += "; ";
    joined += words;
  }
  return printable(joined.size() > 300 ? joined.substr(joined.size() - 300) : joined, 300);
}

}  // namespace sipcast::ffmpeg
