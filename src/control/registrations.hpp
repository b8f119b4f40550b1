#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "control/sip_endpoint.hpp"
#include "net/event_loop.hpp"

namespace sipcast {

/// One registration an account, shared by the calls that need it: the first registers, the last
/// unregisters. Control loop only.
class Registrations {
  struct Entry;

 public:
  Registrations(EventLoop& loop, SipEndpoint& sip) : loop_(loop), sip_(sip) {}

  /// One call's part in a registration; ends when it is destroyed.
  class Hold {
   public:
    Hold(Registrations& owner, std::shared_ptr<Entry> entry, sip::RegistrationObserver& observer);
    ~Hold();
    Hold(const Hold&) = delete;
    std::string sip_call_id() const;  ///< of its REGISTER requests; "" when there are none

   private:
    friend class Registrations;
    Registrations& owner_;
    std::shared_ptr<Entry> entry_;
    sip::RegistrationObserver& observer_;
    std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  };
  /// `observer` hears what sip::RegistrationObserver promises, never from within this call; also
  /// when the account was registered before.
  [[nodiscard]] std::unique_ptr<Hold> hold(const sip::Account& account,
                                           sip::RegistrationObserver& observer);

 private:
  EventLoop& loop_;
  SipEndpoint& sip_;
  std::map<std::string, std::shared_ptr<Entry>> entries_;
};

}  // namespace sipcast
