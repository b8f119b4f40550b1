#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace sipcast::ctl {

struct SseEvent {
  std::string id;    ///< the newest that was said
  std::string type;  ///< "message" unless the event says another
  std::string data;
};

/// Reads a stream of server-sent events (WHATWG HTML §9.2.6), in pieces of any size.
class SseParser {
 public:
  static constexpr size_t kMaxEvent = 1u << 20;  ///< a larger one is left out
  explicit SseParser(std::function<void(const SseEvent&)> on_event)
      : on_event_(std::move(on_event)) {}
  void push(std::string_view bytes);
  const std::string& last_id() const { return last_id_; }

 private:
  void on_line(std::string_view line);

  std::function<void(const SseEvent&)> on_event_;
  std::string line_, last_id_, type_, data_;
  bool has_data_ = false, too_large_ = false, after_cr_ = false;
};

}  // namespace sipcast::ctl
