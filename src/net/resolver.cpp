#include <netdb.h>
#include <pthread.h>
#include <resolv.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/text.hpp"
#include "net/sip_sockets.hpp"
#include "net/unique_fd.hpp"

namespace sipcast {
namespace {

constexpr size_t kMaxWaiting = 64;
constexpr int kSecondsPerServer = 2;  // and two attempts: bounds how long ~Resolver may wait

struct Query {
  uint64_t id;
  std::string host;
  uint16_t port;
};

Result<SocketAddress> look_up(const Query& query) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* list = nullptr;
  const int error = ::getaddrinfo(query.host.c_str(), nullptr, &hints, &list);
  const std::unique_ptr<addrinfo, decltype([](addrinfo* all) { ::freeaddrinfo(all); })> owner(list);
  SocketAddress found;
  for (const addrinfo* entry = list; error == 0 && entry != nullptr; entry = entry->ai_next) {
    const auto address = SocketAddress::from_sockaddr(entry->ai_addr, entry->ai_addrlen);
    if (found.empty() || (found.is_v6() && !address.is_v6())) found = address;
  }
  if (!found.empty()) return found.with_port(query.port);
  return fail(Errc::NotFound, "no address of " + printable(query.host) + ": " +
                                  (error != 0 ? ::gai_strerror(error) : "the answer is empty"));
}

}  // namespace

struct Resolver::State {
  explicit State(EventLoop& control) : loop(control) {}
  void run(const std::shared_ptr<State>& self);
  void answer(uint64_t id, Result<SocketAddress> result);

  EventLoop& loop;
  // The loop's own.
  bool closed = false;
  uint64_t next_id = 0;
  std::unordered_map<uint64_t, std::move_only_function<void(Result<SocketAddress>)>> waiting;
  std::thread helper;

  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  std::deque<Query> queries;
  bool stopping = false;
};

void Resolver::State::run(const std::shared_ptr<State>& self) {
  pthread_setname_np(pthread_self(), "resolver");
  ::res_init();  // this thread's own copy of the settings
  _res.retrans = kSecondsPerServer;
  _res.retry = 2;
  for (std::unique_lock lock(mutex);;) {
    changed.wait(lock, [this] { return stopping || !queries.empty(); });
    if (stopping) return;
    const Query query = std::move(queries.front());
    queries.pop_front();
    lock.unlock();
    loop.post([self, id = query.id, result = look_up(query)]() mutable {
      self->answer(id, std::move(result));
    });
    lock.lock();
  }
}

void Resolver::State::answer(uint64_t id, Result<SocketAddress> result) {
  if (closed) return;
  auto node = waiting.extract(id);
  if (node) node.mapped()(std::move(result));
}

Resolver::Resolver(EventLoop& loop) : state_(std::make_shared<State>(loop)) {}

Resolver::~Resolver() {
  state_->loop.check();
  state_->closed = true;
  state_->waiting.clear();
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->changed.notify_one();
  if (state_->helper.joinable()) state_->helper.join();
}

void Resolver::resolve(const std::string& host, uint16_t port,
                       std::move_only_function<void(Result<SocketAddress>)> done) {
  state_->loop.check();
  std::string_view name = host;
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  }
  const uint64_t id = state_->next_id++;
  const size_t waiting = state_->waiting.size();
  state_->waiting.emplace(id, std::move(done));
  const auto answer_soon = [&](Result<SocketAddress> result) {
    state_->loop.post([state = state_, id, result = std::move(result)]() mutable {
      state->answer(id, std::move(result));
    });
  };
  if (auto literal = SocketAddress::parse(name, port)) return answer_soon(std::move(literal));
  if (name.empty() || name.size() > 253 || name.find('\0') != std::string_view::npos) {
    return answer_soon(fail(Errc::NotFound, "no host name: \"" + printable(name, 64) + "\""));
  }
  if (waiting >= kMaxWaiting) {
    return answer_soon(
        fail(Errc::Exhausted, "too many DNS look-ups are waiting: " + printable(name)));
  }
  const std::lock_guard lock(state_->mutex);
  state_->queries.push_back({id, std::string(name), port});
  state_->changed.notify_one();
  if (!state_->helper.joinable()) {
    state_->helper = std::thread([state = state_] { state->run(state); });
  }
}

Result<SocketAddress> local_ip_towards(const SocketAddress& to) {
  const auto failed = [&] {
    return fail(Errc::Io, "no route to " + to.ip() + ": " + std::generic_category().message(errno));
  };
  if (to.empty()) return fail(Errc::Io, "no address given");
  const UniqueFd fd(::socket(to.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  socklen_t size = to.with_port(to.port() == 0 ? 9 : to.port()).to_sockaddr(storage);
  if (!fd || ::connect(fd.get(), address, size) != 0) return failed();
  size = sizeof storage;
  if (::getsockname(fd.get(), address, &size) != 0) return failed();
  return SocketAddress::from_sockaddr(address, size).with_port(0);
}

}  // namespace sipcast
