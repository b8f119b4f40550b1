#include "phone/phone.hpp"

#include <algorithm>
#include <utility>

namespace sipcast::phone {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kSocketBuffer = 128 << 10;  // a frame or two: a phone has one peer
constexpr size_t kRememberedTcpSends = 32;
constexpr Duration kPeersHave = seconds(2);            // to answer our BYEs
constexpr Duration kRegistrarHas = milliseconds(500);  // to challenge our un-REGISTER

Instant now() { return std::chrono::steady_clock::now(); }

}  // namespace

Phone::Phone(PhoneOptions options, EventSink events, Logger log)
    : options_(std::move(options)),
      events_(std::move(events)),
      log_(std::move(log)),
      media_({.name = "phone-media", .socket_buffer_bytes = kSocketBuffer}, log_),
      control_("phone-sip") {}

Phone::~Phone() { stop(); }

Result<SocketAddress> Phone::start() {
  media_.start();
  control_.start();
  running_ = true;
  std::promise<Result<SocketAddress>> opened;
  auto result = opened.get_future();
  control_.post([this, &opened] { opened.set_value(open()); });
  return result.get();
}

Result<SocketAddress> Phone::open() {
  auto sockets = SipSockets::open(control_, options_.listen, *this, log_);
  if (!sockets) return std::unexpected(sockets.error());
  sockets_ = std::move(*sockets);
  auto dns = DnsClient::create(control_, {});
  if (!dns) return std::unexpected(dns.error());
  resolver_ = std::make_unique<Resolver>(control_, std::move(*dns));
  sip::UserAgentIo& io = *this;
  agent_ = std::make_unique<sip::UserAgent>(sip::UserAgent::Options{.product = "sipcast-phone"}, io,
                                            log_);
  agent_->set_incoming_handler(
      [this](const sip::IncomingCall& incoming) { on_incoming(incoming); },
      [this](sip::CallHandle handle, const sip::Ending& ending) { on_cancelled(handle, ending); });
  const SocketAddress local = sockets_->local_address();
  events_(JsonLine("listening").add("address", local.to_string()).add("user", options_.user));
  register_account();
  return local;
}

void Phone::register_account() {
  if (!options_.registrar) return;
  const Registrar& registrar = *options_.registrar;
  const auto transport = registrar.tcp ? sip::Transport::Tcp : sip::Transport::Udp;
  const sip::Account account{
      .login = options_.user,
      .authentication_name = options_.user,
      .password = options_.password,
      .domain = options_.domain.empty() ? registrar.host : options_.domain,
      .display_name = {},
      .outbound_proxy = sip::Target{transport, registrar.host, registrar.port},
      .port = registrar.port,
      .transport = transport,
      .realm = {}};
  registration_ = agent_->register_account(account, *this, now());
  on_agent_used();
}

// --- calls

void Phone::on_incoming(const sip::IncomingCall& incoming) {
  if (stopping_) return agent_->reject(incoming.handle, 503, now());
  const uint64_t id = next_call_++;
  PhoneCallOwner& owner = *this;
  auto call = std::make_unique<PhoneCall>(
      PhoneParts{options_, control_, media_, *agent_, events_, log_}, owner, id, incoming);
  PhoneCall& begun = *call;
  calls_.emplace(id, std::move(call));
  begun.begin();
}

PhoneCall* Phone::find(uint64_t call) {
  const auto found = calls_.find(call);
  return found == calls_.end() ? nullptr : found->second.get();
}

void Phone::on_call_over(uint64_t call) {
  if (calls_.erase(call) == 0) return;
  ++calls_over_;
  if (options_.calls != 0 && calls_over_ == options_.calls && finished_) finished_();
  check_stopped();
}

// --- registration

void Phone::on_registered(Duration expires) {
  events_(JsonLine("registered")
              .add("user", options_.user)
              .add("expires_s", std::chrono::duration_cast<seconds>(expires).count()));
}

void Phone::on_registration_failed(const sip::Ending& ending) {
  registration_.reset();
  events_(
      JsonLine("registration_failed").add("status", ending.sip_status).add("cause", ending.cause));
}

// --- between the user agent and its sockets

void Phone::send(const sip::Target& to, std::string message, const std::string& branch) {
  const uint16_t own_port = to.port ? to.port : sip::default_port(to.transport);
  if (const auto address = SocketAddress::parse(to.host, own_port)) {
    return send_to(*address, to.transport, message, branch);
  }
  const auto transport =
      to.transport == sip::Transport::Tcp ? SipTransport::Tcp : SipTransport::Udp;
  resolver_->locate(
      {.host = to.host, .port = to.port, .transport = transport},
      [this, to, message = std::move(message), branch](const Result<std::vector<SipHop>>& hops) {
        if (!hops) return send_failed(branch, hops.error().cause);
        send_to(hops->front().address, to.transport, message, branch);
      });
}

void Phone::send_to(const SocketAddress& to, sip::Transport transport, const std::string& message,
                    const std::string& branch) {
  if (transport == sip::Transport::Udp) return sockets_->send_udp(as_bytes(message), to);
  if (tcp_sends_.size() == kRememberedTcpSends) tcp_sends_.erase(tcp_sends_.begin());
  tcp_sends_.push_back({to, branch});
  sockets_->send_tcp(as_bytes(message), to);
}

void Phone::send_failed(const std::string& branch, const std::string& cause) {
  control_.post([this, branch, cause] {
    agent_->on_send_failed(branch, cause, now());
    on_agent_used();
  });
}

void Phone::on_tcp_failed(const SocketAddress& to, const std::string& cause) {
  std::erase_if(tcp_sends_, [&](const TcpSend& sent) {
    if (!(sent.to == to)) return false;
    send_failed(sent.branch, cause);
    return true;
  });
}

SocketAddress Phone::advertised(const sip::Target&) { return sockets_->local_address(); }

void Phone::on_message(BytesView message, SipTransport transport, const SocketAddress& from) {
  if (!agent_) return;
  agent_->on_message(message,
                     transport == SipTransport::Tcp ? sip::Transport::Tcp : sip::Transport::Udp,
                     from, now());
  on_agent_used();
}

void Phone::on_cancelled(sip::CallHandle handle, const sip::Ending& ending) {
  for (const auto& [id, call] : calls_) {
    if (call->handle() == handle) call->on_cancelled(ending);
  }
}

void Phone::on_agent_used() {
  const auto deadline = agent_->deadline();
  if (!deadline) return agent_timer_.cancel();
  agent_timer_ = control_.at(*deadline, [this] {
    agent_->on_timer(now());
    on_agent_used();
  });
}

// --- the end

void Phone::stop() {
  if (!std::exchange(running_, false)) return;
  std::promise<void> stopped;
  auto done = stopped.get_future();
  control_.post([this, &stopped] {
    stopped_.emplace(std::move(stopped));
    begin_stop();
  });
  done.wait();
  // What the media loop has opened by now comes back and is disposed of before the loops end.
  std::promise<void> round_trip;
  media_.post([this, &round_trip] { control_.post([&round_trip] { round_trip.set_value(); }); });
  round_trip.get_future().wait();
  control_.stop();
  calls_.clear();  // their media go to the media loop
  media_.stop();
  agent_.reset();
  sockets_.reset();
  resolver_.reset();
}

void Phone::begin_stop() {
  stopping_ = true;
  const bool registered = agent_ && registration_;
  if (registered) agent_->unregister(*registration_, now());
  std::vector<PhoneCall*> open;
  open.reserve(calls_.size());
  for (const auto& [id, call] : calls_) open.push_back(call.get());
  for (PhoneCall* call : open) call->hang_up();
  if (agent_) on_agent_used();
  const Duration wait =
      calls_.empty() ? (registered ? kRegistrarHas : Duration::zero()) : kPeersHave;
  stop_timer_ = control_.after(wait, [this] {
    if (stopped_) stopped_->set_value();
    stopped_.reset();
  });
}

void Phone::check_stopped() {
  if (!stopping_ || !calls_.empty() || !stopped_ || registration_) return;
  stopped_->set_value();
  stopped_.reset();
}

}  // namespace sipcast::phone
