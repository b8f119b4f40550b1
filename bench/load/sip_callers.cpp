#include "bench/load/sip_callers.hpp"

#include "sdp/sip_media.hpp"

namespace sipcast::bench {
namespace {
Instant now() { return std::chrono::steady_clock::now(); }
}  // namespace

struct SipCallers::Call final : sip::CallObserver {
  Call(SipCallers& owner, uint64_t number) : callers(owner), id(number) {}
  void on_provisional(int, std::string_view, std::string_view) override {}
  void on_answered(std::string_view, const SocketAddress&) override {
    answered = true;
    callers.loop_.at(now() + callers.talk_, [&owner = callers, number = handle] {
      owner.agent_->hangup(number, now());
      owner.arm();
    });
  }
  Result<std::string> on_reoffer(std::string_view) override { return fail(Errc::Unsupported); }
  void on_late_answer(std::string_view) override {}
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const sip::Ending&) override {}
  int on_info(std::string_view, std::string_view) override { return 200; }
  void on_ended(const sip::Ending&) override {
    if (answered) ++callers.ended_;
    callers.loop_.post([&owner = callers, number = id] { owner.calls_.erase(number); });
  }

  SipCallers& callers;
  uint64_t id;
  sip::CallHandle handle = 0;
  bool answered = false;
};

SipCallers::SipCallers(const SocketAddress& proxy, const SocketAddress& phones, Duration talk,
                       int core)
    : proxy_{sip::Transport::Udp, proxy.ip(), proxy.port()},
      phones_(phones),
      talk_(talk),
      fd_(open_udp(*SocketAddress::parse("127.0.0.1", 0), 8 << 20)),
      address_(address_of(fd_.get())),
      loop_("callers", core) {
  sip::UserAgentIo& io = *this;
  agent_ = std::make_unique<sip::UserAgent>(
      sip::UserAgent::Options{.product = "bench", .max_calls = 100'000}, io, Logger::none());
  readable_ = [this] {
    drain_.drain(fd_.get(), [this](BytesView bytes, const SocketAddress& from, uint64_t) {
      agent_->on_message(bytes, sip::Transport::Udp, from, now());
    });
    arm();
  };
  loop_.ask([this] { loop_.watch(fd_.get(), &readable_); });
}

SipCallers::~SipCallers() { loop_.stop(); }

void SipCallers::send(const sip::Target& to, std::string message, const std::string&) {
  const auto address = SocketAddress::parse(to.host, to.port ? to.port : uint16_t{5060});
  if (!address) return;
  sockaddr_storage storage{};
  const socklen_t size = address->to_sockaddr(storage);
  [[maybe_unused]] const ssize_t sent =
      ::sendto(fd_.get(), message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&storage), size);
}

void SipCallers::call(const std::string& user) {
  loop_.post([this, user] {
    auto call = std::make_unique<Call>(*this, next_call_++);
    const std::string offer = sdp::make_offer({.ip = "127.0.0.1", .audio_port = 9, .video_port = 11});
    sip::Account account;
    account.login = "bench";
    account.domain = phones_.ip();
    account.port = phones_.port();
    account.outbound_proxy = proxy_;
    const std::string callee = "sip:" + user + "@" + phones_.to_string();
    const auto handle = agent_->invite(account, callee, offer, *call, now());
    if (!handle) return;
    call->handle = *handle;
    calls_.emplace(call->id, std::move(call));
    arm();
  });
}

void SipCallers::arm() {
  const Instant due = agent_->deadline().value_or(Instant::max());
  if (due >= due_ && due_ != Instant::max()) return;
  loop_.cancel(timer_);
  due_ = due;
  if (due == Instant::max()) return;
  timer_ = loop_.at(due, [this] {
    due_ = Instant::max();
    agent_->on_timer(now());
    arm();
  });
}

}  // namespace sipcast::bench
