#include "control/registrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sip/transaction_table.hpp"

namespace sipcast {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

/// With the password: a call with another one has to fail, or not, by itself.
std::string key_of(const sip::Account& account) {
  const sip::Target where =
      account.outbound_proxy.value_or(sip::Target{account.transport, account.domain, account.port});
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", account.login, account.domain,
                     account.authentication_name, account.password, account.realm,
                     sip::describe(where));
}

}  // namespace

struct Registrations::Entry final : sip::RegistrationObserver {
  explicit Entry(Registrations& registrations, std::string name)
      : owner(registrations), key(std::move(name)) {}

  /// Observers may let go of any hold meanwhile.
  template <class F>
  void tell(F what) {
    for (Hold* hold : std::vector(holds)) {
      if (std::ranges::find(holds, hold) != holds.end()) what(hold->observer_);
    }
  }
  void on_registered(Duration granted) override {
    expires = granted;
    tell([granted](sip::RegistrationObserver& observer) { observer.on_registered(granted); });
  }
  void on_registration_failed(const sip::Ending& ending) override {
    handle.reset();
    const auto kept = owner.entries_.extract(key);  // who comes next tries anew
    tell([&](sip::RegistrationObserver& observer) { observer.on_registration_failed(ending); });
  }

  Registrations& owner;
  const std::string key;
  std::optional<sip::RegistrationHandle> handle;
  std::optional<Duration> expires;  // since it is registered
  std::vector<Hold*> holds;
};

Registrations::Hold::Hold(Registrations& owner, std::shared_ptr<Entry> entry,
                          sip::RegistrationObserver& observer)
    : owner_(owner), entry_(std::move(entry)), observer_(observer) {
  entry_->holds.push_back(this);
}

Registrations::Hold::~Hold() {
  *alive_ = false;
  std::erase(entry_->holds, this);
  if (!entry_->holds.empty() || !entry_->handle) return;
  owner_.sip_.agent().unregister(*std::exchange(entry_->handle, std::nullopt), now());
  owner_.sip_.rearm();
  owner_.entries_.erase(entry_->key);
}

std::unique_ptr<Registrations::Hold> Registrations::hold(const sip::Account& account,
                                                         sip::RegistrationObserver& observer) {
  const std::string key = key_of(account);
  auto& entry = entries_[key];
  const bool fresh = !entry;
  if (fresh) entry = std::make_shared<Entry>(*this, key);
  auto hold = std::make_unique<Hold>(*this, entry, observer);
  if (fresh) {
    entry->handle = sip_.agent().register_account(account, *entry, now());
    sip_.rearm();
  } else if (entry->expires) {
    loop_.post([alive = hold->alive_, &observer, expires = *entry->expires] {
      if (*alive) observer.on_registered(expires);
    });
  }
  return hold;
}

}  // namespace sipcast
