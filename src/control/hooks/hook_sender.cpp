#include "control/hooks/hook_sender.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "secure/hmac.hpp"

namespace sipcast {

std::vector<std::pair<std::string, std::string>> signature_headers(std::string_view secret,
                                                                   std::string_view event_id,
                                                                   WallTime at,
                                                                   std::string_view body) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
  std::vector<std::pair<std::string, std::string>> headers{
      {"X-Sipcast-Event-Id", std::string(event_id)},
      {"X-Sipcast-Timestamp", std::to_string(seconds)}};
  if (!secret.empty()) {
    const auto digest =
        hmac_sha256(as_bytes(secret), as_bytes(fmt::format("{}.{}.{}", seconds, event_id, body)));
    headers.emplace_back("X-Sipcast-Signature", "sha256=" + to_hex(as_text(digest)));
  }
  return headers;
}

HookSender::HookSender(Options options, EventLoop& control, std::unique_ptr<DnsClient> dns,
                       Logger log)
    : options_(std::move(options)),
      control_(control),
      dns_(std::move(dns)),
      client_(options_.client, std::move(log)) {}

HookSender::~HookSender() { *alive_ = false; }

void HookSender::send(Message message, Done done) {
  ++open_;
  if (open_ > (message.may_wait ? options_.max_open / 2 : options_.max_open)) {
    control_.post([this, alive = alive_, done = std::move(done)] {
      if (!*alive) return;
      finish(fail(Errc::Exhausted, "too many hooks are under way (rest_max_connections)"), done);
    });
    return;
  }
  const fetch::HttpUrl& url = message.app->url;
  if (const auto literal = SocketAddress::parse(url.host, url.port)) {
    control_.post([this, alive = alive_, message = std::move(message), address = *literal,
                   done = std::move(done)] {
      if (*alive) resolved(message, address, done);
    });
    return;
  }
  const std::string host = url.host;
  dns_->addresses(host, [this, message = std::move(message),
                         done = std::move(done)](Result<std::vector<SocketAddress>> found) {
    if (!found) return resolved(message, std::unexpected(found.error()), done);
    resolved(message, found->front().with_port(message.app->url.port), done);
  });
}

void HookSender::resolved(const Message& message, const Result<SocketAddress>& address,
                          const Done& done) {
  if (!address) return finish(std::unexpected(address.error()), done);
  if (const auto allowed = check_target(*address, options_.private_targets); !allowed) {
    return finish(fail(allowed.error().code, "the app's url " + allowed.error().cause), done);
  }
  const App& app = *message.app;
  fetch::Post post{.url = app.url.below(message.method),
                   .address = *address,
                   .headers = signature_headers(app.secret, message.event_id,
                                                std::chrono::system_clock::now(), message.body),
                   .user = app.rest_username,
                   .password = app.rest_password,
                   .body = message.body,
                   .timeout = options_.timeout};
  post.headers.emplace_back("Content-Type", "application/json;charset=UTF-8");
  client_.post(std::move(post),
               [this, alive = alive_, &control = control_, done](Result<fetch::Reply> reply) {
                 control.post([this, alive, done, reply = std::move(reply)]() mutable {
                   if (*alive) finish(std::move(reply), done);
                 });
               });
}

void HookSender::finish(Result<fetch::Reply> reply, const Done& done) {
  --open_;
  done(std::move(reply));
}

}  // namespace sipcast
