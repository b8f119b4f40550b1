#include "control/registrations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "sip/transaction_table.hpp"

namespace sipcast {
namespace {

Instant now() { return std::chrono::steady_clock::now(); }

sip::Target registrar_of(const sip::Account& account) {
  return account.outbound_proxy.value_or(
      sip::Target{account.transport, account.domain, account.port});
}

/// With the password: a call with another one has to fail, or not, by itself.
std::string key_of(const sip::Account& account) {
  const sip::Target where =
      account.outbound_proxy.value_or(sip::Target{account.transport, account.domain, account.port});
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", account.login, account.domain,
                     account.authentication_name, account.password, account.realm,
                     sip::describe(registrar_of(account)));
}

}  // namespace

struct Registrations::Entry final : sip::RegistrationObserver {
  Entry(Registrations& registrations, std::string name, sip::Target where)
      : owner(registrations), key(std::move(name)), registrar(std::move(where)) {}

  /// Observers may let go of any hold meanwhile.
  template <class F>
  void tell(F what) {
    for (Hold* hold : std::vector(holds)) {
      if (std::ranges::find(holds, hold) != holds.end()) what(hold->observer_);
    }
  }
  void on_registered(Duration granted) override {
    const std::shared_ptr<Entry> kept = owner.entries_.at(key);  // the last hold may go meanwhile
    if (!expires) keep_open();
    expires = granted;
    tell([granted](sip::RegistrationObserver& observer) { observer.on_registered(granted); });
  }
  void on_registration_failed(const sip::Ending& ending) override {
    handle.reset();
    keep_alive.cancel();
    const auto kept = owner.entries_.extract(key);  // who comes next tries anew
    tell([&](sip::RegistrationObserver& observer) { observer.on_registration_failed(ending); });
  }

  void keep_open() {
    keep_alive = owner.sip_.keep_open(registrar, [this] { keep_open(); });
  }

  Registrations& owner;
  const std::string key;
  const sip::Target registrar;
  EventLoop::Timer keep_alive;
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

std::string Registrations::Hold::sip_call_id() const {
  return entry_->handle ? owner_.sip_.agent().sip_call_id(*entry_->handle) : std::string();
}

std::unique_ptr<Registrations::Hold> Registrations::hold(const sip::Account& account,
                                                         sip::RegistrationObserver& observer) {
  const std::string key = key_of(account);
  auto& entry = entries_[key];
  const bool fresh = !entry;
  if (fresh) entry = std::make_shared<Entry>(*this, key, registrar_of(account));
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
