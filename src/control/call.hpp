#pragma once
#include <array>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "control/media_worker.hpp"
#include "control/registrations.hpp"
#include "control/sip_endpoint.hpp"

namespace sipcast {

/// The states of WCS (wcs-rest 2.5); the last three are final.
enum class CallStatus : uint8_t {
  New,
  Pending,
  Trying,
  Ring,
  RingMedia,
  SessionProgress,
  Established,
  Hold,
  Busy,
  Finish,
  Failed
};
std::string_view to_string(CallStatus status);
constexpr bool is_final(CallStatus status) {
  return status == CallStatus::Busy || status == CallStatus::Finish || status == CallStatus::Failed;
}

/// A call as it was asked for.
struct StartCall {
  CallId id;
  std::string callee;
  StreamName stream;  ///< "": the call's own id
  bool has_audio = true, has_video = false;
  bool register_first = true;
  bool any_transport = false;  ///< neither port nor transport were given: DNS chooses (RFC 3263)
  sip::Account account;
  std::string app_key = "defaultApp";
  std::string rtmp_url, rtmp_stream;
  bool record = false;
};

/// A call as it is.
struct CallInfo {
  StartCall asked;  ///< the account's password is empty here
  CallStatus status = CallStatus::New;
  int sip_status = 0;
  std::string info;         ///< WCS's word for a final status, e.g. "Normal call clearing"
  std::string cause;        ///< plain words
  std::string rtmp_status;  ///< of the push that was asked for with the call
  bool live = false;
  bool terminated = false;  ///< by our own user: it is not shown any more
  WallTime created{};
};

/// One outgoing call, from REGISTER to BYE. Control loop only; messages to and from its media loop.
class Call final : private sip::CallObserver, private sip::RegistrationObserver {
 public:
  struct Env {
    EventLoop& control;
    SipEndpoint& sip;
    MediaPlane& media;
    Registrations& registrations;
    Duration no_answer;  ///< a call that nobody answers is given up
    sdp::SrtpMode srtp = sdp::SrtpMode::Off;
  };
  using Ended = std::function<void(Call&)>;
  Call(const Env& env, StartCall asked, uint64_t key, Ended ended, Logger log);
  ~Call() override;

  void start();
  /// Asked for by REST or by shutdown; the ended callback follows at once.
  void terminate(EndReason reason);
  const CallInfo& info() const { return info_; }

 private:
  void located(const Result<SipHop>& hop);
  void media_opened(const Result<SipSource::Ports>& ports);
  void invite();
  void end(CallStatus status, int sip_status, std::string info, std::string cause,
           EndReason reason);
  void set_status(CallStatus status, int sip_status);
  sdp::SipLocal local_sdp() const;
  template <class F>
  auto on_control(F task);

  void on_provisional(int status, std::string_view reason, std::string_view sdp) override;
  void on_answered(std::string_view sdp, const SocketAddress& from) override;
  Result<std::string> on_reoffer(std::string_view sdp) override;
  void on_late_answer(std::string_view sdp) override;
  int on_info(std::string_view content_type, std::string_view body) override;
  void on_ended(const sip::Ending& ending) override;
  void on_registered(Duration expires) override;
  void on_registration_failed(const sip::Ending& ending) override;

  Env env_;
  uint64_t key_;
  CallInfo info_;
  sip::Account account_;
  Ended ended_;
  Logger log_;
  MediaWorker& worker_;
  SipSource::Ports ports_;
  SocketAddress media_ip_;
  uint32_t sdp_version_ = 1;
  uint64_t sdp_id_;
  std::array<sdp::SdesKey, 2> audio_keys_, video_keys_;
  bool media_open_ = false, invited_ = false, over_ = false;
  std::optional<sip::CallHandle> handle_;
  std::unique_ptr<Registrations::Hold> registration_;
  EventLoop::Timer no_answer_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sipcast
