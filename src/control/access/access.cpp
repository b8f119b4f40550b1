#include "control/access/access.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/file.hpp"
#include "base/random.hpp"
#include "base/text.hpp"
#include "control/rest/http_status.hpp"
#include "control/rest/problem.hpp"
#include "secure/hmac.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxFile = 1024 * 1024;
Instant now() { return std::chrono::steady_clock::now(); }

/// As the clients of either face want it.
http::Response error_for(const http::Request& request, const Error& error) {
  return request.path.starts_with("/rest-api") ? rest::error_response(error) : rest::problem(error);
}

}  // namespace

Access::Access(Options options, EventLoop& web, Logger log)
    : options_(std::move(options)),
      web_(web),
      log_(std::move(log)),
      cache_key_(32),
      throttle_(options_.throttle) {
  if (options_.required) nobody_ = PasswordHash::make(random_token(20));
  random_bytes(cache_key_);
}

Access::~Access() { *alive_ = false; }

Result<void> Access::load() {
  if (options_.file.empty()) {
    if (!options_.required) return {};
    return fail(Errc::InvalidArgument,
                "auth.file: is needed when disable_rest_auth is off (`sipcast user add NAME --file "
                "FILE` makes one)");
  }
  const auto text = read_file(options_.file, kMaxFile);
  if (!text) return fail(Errc::Io, "auth.file: " + text.error().cause);
  auto parsed = Credentials::parse(*text);
  if (!parsed) {
    return fail(parsed.error().code,
                fmt::format("auth.file: {} {}", printable(options_.file), parsed.error().cause));
  }
  if (options_.required && parsed->empty()) {
    return fail(Errc::InvalidArgument, "auth.file: has no user and no key");
  }
  const std::lock_guard lock(mutex_);
  credentials_ = std::make_shared<const Credentials>(std::move(*parsed));
  return {};
}

std::shared_ptr<const Credentials> Access::credentials() const {
  const std::lock_guard lock(mutex_);
  return credentials_;
}

PrincipalPtr Access::key_owner(std::string_view token) const {
  return credentials()->find_key(token);
}

void Access::check(const http::Request& request, std::function<void(http::Verdict)> done) {
  const Need need = needed_scope(request.path, request.query);
  if (!options_.required || need == Need::Nothing) return done({});
  const std::string_view header = request.header("authorization");
  const auto known = credentials();
  if (known != remembered_of_) {  // the file was read again
    remembered_.clear();
    remembered_of_ = known;
  }
  const std::string digest(as_text(hmac_sha256(cache_key_, as_bytes(header))));
  if (const auto found = remembered_.find(digest); found != remembered_.end()) {
    if (now() < found->second.until) return done(judge(request, found->second.principal, need));
    remembered_.erase(found);
  }
  if (const auto wait = throttle_.blocked(request.remote, now())) {
    http::Response later = error_for(
        request,
        {Errc::Unauthorized, "too many failed log-ins from this address: try again later"});
    later.status = 429;
    later.headers.emplace_back("Retry-After", std::to_string(to_ms(*wait) / 1000 + 1));
    return done({.refused = std::move(later)});
  }
  if (header.empty()) return done(refused(request, ""));
  auto given = parse_authorization(header);
  if (!given) return done(refused(request, given.error().cause));
  if (const auto* bearer = std::get_if<BearerToken>(&*given)) {
    const PrincipalPtr owner = known->find_key(bearer->token);
    return done(owner ? judge(request, owner, need)
                      : refused(request, "Authorization: there is no such API key"));
  }
  check_password(request, std::move(std::get<BasicCredentials>(*given)), digest, need, done);
}

void Access::check_password(const http::Request& request, BasicCredentials given,
                            std::string digest, Need need, const Done& done) {
  const bool queued =
      hashing_.run([this, alive = alive_, &web = web_, known = remembered_of_, done, request, need,
                    given = std::move(given), digest = std::move(digest)] {
        const Credentials::User* user = known->find_user(given.user);
        const bool right = (user ? user->hash : *nobody_).verify(given.password) && user;
        web.post([this, alive, known, done, request, need, digest,
                  principal = right ? user->principal : nullptr] {
          if (!*alive) return;
          if (!principal) return done(refused(request, "Authorization: wrong user or password"));
          if (known == remembered_of_) remember(digest, principal, now());
          done(judge(request, principal, need));
        });
      });
  if (queued) return;
  done({.refused = error_for(request, {Errc::Exhausted, "too many log-ins wait already"})});
}

void Access::remember(const std::string& digest, PrincipalPtr principal, Instant at) {
  if (remembered_.size() >= options_.max_remembered) {
    std::erase_if(remembered_, [&](const auto& entry) { return at >= entry.second.until; });
    if (remembered_.size() >= options_.max_remembered) remembered_.clear();
  }
  remembered_.insert_or_assign(digest, Remembered{std::move(principal), at + options_.remember});
}

http::Verdict Access::judge(const http::Request& request, const PrincipalPtr& principal,
                            Need need) const {
  const auto scope = scope_of(need);
  if (!scope || principal->may(*scope)) return {.principal = principal};
  log_.info("{} {} of {} is refused: the {} has no scope {}", printable(request.method, 20),
            printable(request.path), request.remote.to_string(), principal->name,
            to_string(*scope));
  return {.refused = error_for(
              request, {Errc::Forbidden, fmt::format("the {} has no scope {}", principal->name,
                                                     to_string(*scope))})};
}

/// `why` is "" for a request without credentials, which is how browsers begin: no failure.
http::Verdict Access::refused(const http::Request& request, std::string_view why) {
  if (!why.empty()) {
    throttle_.failed(request.remote, now());
    log_.warning("{} {} of {} is refused: {}", printable(request.method, 20),
                 printable(request.path), request.remote.to_string(), why);
  }
  http::Response response = error_for(
      request, {Errc::Unauthorized,
                why.empty() ? "Authorization: a user or an API key is needed" : std::string(why)});
  response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"sipcast\", charset=\"UTF-8\"");
  response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sipcast\"");
  return {.refused = std::move(response)};
}

}  // namespace sipcast
