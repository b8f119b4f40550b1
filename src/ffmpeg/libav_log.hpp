#pragma once
#include <string>

namespace sipcast::ffmpeg {

/// Keeps what FFmpeg complains of in this thread while it lives: the reason behind an error code,
/// such as an RTMP server's own words. FFmpeg's log goes nowhere else.
class LibavComplaints {
 public:
  LibavComplaints();
  ~LibavComplaints();
  LibavComplaints(const LibavComplaints&) = delete;
  /// The last complaints in one line, at most 300 bytes, printable; "" when there were none. It may
  /// quote addresses that FFmpeg was given: take secrets out before it is shown.
  std::string text() const;

 private:
  std::string lines_;
  std::string* before_;
};

}  // namespace sipcast::ffmpeg
