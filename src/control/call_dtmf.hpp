#pragma once
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/event_loop.hpp"
#include "sip/dtmf_info.hpp"

namespace sipcast {

/// How digits go to the phone; the names of WCS.
enum class DtmfType : uint8_t { Rfc2833, Info, InfoRelay };
/// "RFC2833", "INFO", "INFO_RELAY"; RFC4733 is taken as the first. Errors: InvalidArgument.
Result<DtmfType> parse_dtmf_type(std::string_view text);

/// The digits that a call has to send: kept until it is established, then given away in their
/// order, those of INFO one after the other. Control loop.
class CallDtmf {
 public:
  struct Ways {
    std::function<void(std::string digits)> play;  ///< RFC 4733, on the media loop
    std::function<void(std::string_view content_type, std::string body)> info;
  };
  CallDtmf(EventLoop& control, Ways ways) : control_(control), ways_(std::move(ways)) {}

  /// Errors: InvalidArgument (no digit of 0-9 * # A-D), Exhausted (too many wait).
  Result<void> send(std::string_view digits, DtmfType type);
  /// The call is established: what has waited goes out.
  void start();

 private:
  struct Waiting {
    std::string digits;
    DtmfType type;
  };
  void send_next();

  EventLoop& control_;
  Ways ways_;
  std::deque<Waiting> waiting_;
  bool started_ = false, pausing_ = false;
  EventLoop::Timer pause_;
};

}  // namespace sipcast
