#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/log.hpp"
#include "base/result.hpp"
#include "net/event_loop.hpp"
#include "net/media_loop.hpp"
#include "phone/json_line.hpp"
#include "phone/phone_media.hpp"
#include "phone/phone_options.hpp"
#include "sdp/sip_media.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::phone {

class PhoneCall;

/// What a call knows of its phone.
struct PhoneParts {
  const PhoneOptions& options;
  EventLoop& control;
  MediaLoop& media;
  sip::UserAgent& agent;
  const EventSink& events;
  Logger log;
};
class PhoneCallOwner {
 public:
  virtual ~PhoneCallOwner() = default;
  /// None when that call is over.
  virtual PhoneCall* find(uint64_t call) = 0;
  /// The user agent was used: its next deadline may have changed.
  virtual void on_agent_used() = 0;
  /// The call is over; it must live until the caller returns.
  virtual void on_call_over(uint64_t call) = 0;
};

/// One incoming call: rings, answers or refuses as the options say, and owns its media. Control
/// loop; the media object is touched on the media loop alone.
class PhoneCall final : public sip::CallObserver {
 public:
  PhoneCall(PhoneParts parts, PhoneCallOwner& owner, uint64_t id, sip::IncomingCall incoming);
  ~PhoneCall() override;
  PhoneCall(const PhoneCall&) = delete;

  void begin();
  /// BYE, or 480 while it is not answered.
  void hang_up();
  sip::CallHandle handle() const { return incoming_.handle; }
  /// The caller gave up before the answer.
  void on_cancelled(const sip::Ending& ending);
  /// What the media loop made for this call.
  struct Opened {
    std::unique_ptr<PhoneMedia> media;
    PhoneMedia::Ports ports;
  };
  void on_media(Result<Opened> opened);

 private:
  void on_provisional(int, std::string_view, std::string_view) override {}
  void on_answered(std::string_view, const SocketAddress&) override {}
  Result<std::string> on_reoffer(std::string_view sdp) override;
  void on_late_answer(std::string_view sdp) override;
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const sip::Ending&) override {}
  int on_info(std::string_view content_type, std::string_view body) override;
  void on_ended(const sip::Ending& ending) override;

  void open_media();
  static Result<Opened> open_on_media_loop(const PhoneParts& parts, uint64_t id);
  Result<void> make_local_answer();
  void ring_then(Task next);
  void accept();
  void reject(int status, std::string cause);
  void over(const sip::Ending& ending);
  void agree(sdp::SipAgreement agreement);
  void apply(const sdp::SipAgreement& agreement);
  template <class Action>
  void on_media_loop(Action action);

  PhoneParts parts_;
  PhoneCallOwner& owner_;
  uint64_t id_;
  sip::IncomingCall incoming_;
  std::unique_ptr<PhoneMedia> media_;  // the pointer is ours, the object belongs to the media loop
  PhoneMedia::Ports ports_;
  sdp::SipLocal local_;
  std::string answer_;
  std::optional<sdp::SipAgreement> agreement_;  // none until a late offer is answered
  bool accepted_ = false, over_ = false;
  EventLoop::Timer timer_;
};

}  // namespace sipcast::phone
