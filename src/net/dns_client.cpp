#include "net/dns_client.hpp"

#include <ares.h>
#include <arpa/nameser.h>
#include <fmt/format.h>
#include <netdb.h>

#include <algorithm>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <map>
#include <utility>

#include "base/text.hpp"
#include "net/event_loop_asio.hpp"

namespace sipcast {
namespace {

namespace asio = boost::asio;
using Descriptor = asio::posix::stream_descriptor;

constexpr size_t kMaxRecords = 64;  // of one answer; the rest is not looked at

std::unexpected<Error> not_found(const std::string& name, const char* what, int status) {
  return fail(Errc::NotFound,
              fmt::format("no {} of {}: {}", what, printable(name), ::ares_strerror(status)));
}

/// Owns what an ares_parse_..._reply made.
template <class T>
using Parsed = std::unique_ptr<T, decltype([](T* list) { ::ares_free_data(list); })>;

Result<std::vector<SrvRecord>> read_srv(const std::string& name, int status, BytesView answer) {
  ares_srv_reply* list = nullptr;
  if (status == ARES_SUCCESS) {
    status = ::ares_parse_srv_reply(answer.data(), static_cast<int>(answer.size()), &list);
  }
  const Parsed<ares_srv_reply> owner(list);
  if (status != ARES_SUCCESS) return not_found(name, "SRV record", status);
  std::vector<SrvRecord> found;
  for (; list != nullptr && found.size() < kMaxRecords; list = list->next) {
    found.push_back({.priority = list->priority,
                     .weight = list->weight,
                     .port = list->port,
                     .target = list->host});
  }
  return found;
}

Result<std::vector<NaptrRecord>> read_naptr(const std::string& name, int status, BytesView answer) {
  ares_naptr_reply* list = nullptr;
  if (status == ARES_SUCCESS) {
    status = ::ares_parse_naptr_reply(answer.data(), static_cast<int>(answer.size()), &list);
  }
  const Parsed<ares_naptr_reply> owner(list);
  if (status != ARES_SUCCESS) return not_found(name, "NAPTR record", status);
  const auto text = [](const unsigned char* bytes) {
    std::string result;
    for (; *bytes != 0; ++bytes) result.push_back(static_cast<char>(*bytes));
    return result;
  };
  std::vector<NaptrRecord> found;
  for (; list != nullptr && found.size() < kMaxRecords; list = list->next) {
    found.push_back({.order = list->order,
                     .preference = list->preference,
                     .flags = text(list->flags),
                     .service = text(list->service),
                     .replacement = list->replacement});
  }
  return found;
}

Result<std::vector<SocketAddress>> read_addresses(const std::string& name, int status,
                                                  ares_addrinfo* list) {
  const std::unique_ptr<ares_addrinfo,
                        decltype([](ares_addrinfo* all) { ::ares_freeaddrinfo(all); })>
      owner(list);
  if (status != ARES_SUCCESS) return not_found(name, "address", status);
  std::vector<SocketAddress> found;
  for (const auto* node = list->nodes; node != nullptr && found.size() < kMaxRecords;
       node = node->ai_next) {
    found.push_back(
        SocketAddress::from_sockaddr(node->ai_addr, static_cast<socklen_t>(node->ai_addrlen))
            .with_port(0));
  }
  std::ranges::sort(found, {}, [](const SocketAddress& at) { return at.is_v6(); });
  if (found.empty()) return fail(Errc::NotFound, "no address of " + printable(name));
  return found;
}

}  // namespace

/// Asio tells when c-ares' sockets are ready; c-ares opens and closes them.
struct DnsClient::State {
  State(EventLoop& control, Options chosen) : loop(control), options(std::move(chosen)) {}

  void on_socket_state(ares_socket_t fd, bool reads, bool writes);
  void wait(ares_socket_t fd, bool reads, bool writes);
  void arm();
  template <class T>
  auto* begin(const std::string& name, Done<T> done);

  EventLoop& loop;
  const Options options;
  ares_channel channel = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Descriptor>> sockets;
  EventLoop::Timer timer;
  size_t queries = 0;
  bool closed = false;
  std::weak_ptr<State> self;
};

/// A query that c-ares holds: it calls back exactly once, also when its channel is destroyed.
template <class T>
struct DnsQuery {
  std::shared_ptr<void> keeps_state;
  EventLoop* loop;
  size_t* queries;
  const bool* closed;
  std::string name;
  DnsClient::Done<T> done;

  void finish(Result<std::vector<T>> result) {
    --*queries;
    if (*closed) return;
    loop->post([state = keeps_state, is_closed = closed, finished = std::move(done),
                value = std::move(result)]() mutable {
      if (!*is_closed) finished(std::move(value));
    });
  }
};

void DnsClient::State::on_socket_state(ares_socket_t fd, bool reads, bool writes) {
  if (!reads && !writes) {
    const auto found = sockets.find(fd);
    if (found == sockets.end()) return;
    found->second->release();  // c-ares closes it; waits under way are aborted
    sockets.erase(found);
    return;
  }
  auto& descriptor = sockets[fd];
  if (!descriptor) descriptor = std::make_shared<Descriptor>(loop.asio().context, fd);
  wait(fd, reads, writes);
}

void DnsClient::State::wait(ares_socket_t fd, bool reads, bool writes) {
  const auto descriptor = sockets.at(fd);
  const auto again = [&](Descriptor::wait_type kind, bool for_reading) {
    descriptor->async_wait(
        kind, [weak = self, descriptor, fd, for_reading](const boost::system::error_code& error) {
          const auto state = weak.lock();
          if (error || !state || state->closed) return;
          ::ares_process_fd(state->channel, for_reading ? fd : ARES_SOCKET_BAD,
                            for_reading ? ARES_SOCKET_BAD : fd);
          const auto found = state->sockets.find(fd);
          if (found != state->sockets.end() && found->second == descriptor && for_reading) {
            state->wait(fd, true, false);
          }
          state->arm();
        });
  };
  if (reads) again(Descriptor::wait_read, true);
  if (writes) again(Descriptor::wait_write, false);
}

void DnsClient::State::arm() {
  timeval next{};
  if (closed || ::ares_timeout(channel, nullptr, &next) == nullptr) return timer.cancel();
  timer = loop.after(std::chrono::seconds(next.tv_sec) + std::chrono::microseconds(next.tv_usec) +
                         std::chrono::milliseconds(1),
                     [this] {
                       ::ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
                       arm();
                     });
}

/// What c-ares gets as its argument; nullptr when there are too many queries.
template <class T>
auto* DnsClient::State::begin(const std::string& name, Done<T> done) {
  loop.check();
  const bool full = queries >= options.max_queries;
  ++queries;
  auto query = std::make_unique<DnsQuery<T>>(DnsQuery<T>{.keeps_state = self.lock(),
                                                         .loop = &loop,
                                                         .queries = &queries,
                                                         .closed = &closed,
                                                         .name = name,
                                                         .done = std::move(done)});
  if (full) {
    query->finish(fail(Errc::Exhausted, "too many DNS queries are waiting: " + printable(name)));
    query.reset();
  }
  return query.release();
}

DnsClient::DnsClient(std::shared_ptr<State> state) : state_(std::move(state)) {}

Result<std::unique_ptr<DnsClient>> DnsClient::create(EventLoop& loop, const Options& options) {
  static const int library = ::ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return fail(Errc::Internal, ::ares_strerror(library));
  const auto state = std::make_shared<State>(loop, options);
  state->self = state;
  ares_options wanted{};
  wanted.timeout = static_cast<int>(to_ms(options.timeout));
  wanted.tries = options.tries;
  wanted.sock_state_cb = [](void* self, ares_socket_t fd, int reads, int writes) {
    static_cast<State*>(self)->on_socket_state(fd, reads != 0, writes != 0);
  };
  wanted.sock_state_cb_data = state.get();
  const int made = ::ares_init_options(
      &state->channel, &wanted, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  if (made != ARES_SUCCESS) {
    return fail(Errc::Internal, fmt::format("no DNS client: {}", ::ares_strerror(made)));
  }
  std::unique_ptr<DnsClient> client(new DnsClient(state));
  if (!options.servers.empty()) {
    const int set = ::ares_set_servers_ports_csv(state->channel, options.servers.c_str());
    if (set != ARES_SUCCESS) {
      return fail(Errc::InvalidArgument,
                  fmt::format("\"{}\" are no addresses of name servers: {}",
                              printable(options.servers), ::ares_strerror(set)));
    }
  }
  return client;
}

DnsClient::~DnsClient() {
  state_->closed = true;
  state_->timer.cancel();
  ::ares_destroy(state_->channel);  // calls back for every query
}

void DnsClient::addresses(const std::string& name, Done<SocketAddress> done) {
  auto* query = state_->begin(name, std::move(done));
  if (query == nullptr) return;
  ares_addrinfo_hints hints{};
  hints.ai_flags = ARES_AI_NOSORT;
  hints.ai_family = state_->options.family == Family::Any  ? AF_UNSPEC
                    : state_->options.family == Family::V4 ? AF_INET
                                                           : AF_INET6;
  ::ares_getaddrinfo(
      state_->channel, name.c_str(), nullptr, &hints,
      [](void* argument, int status, int, ares_addrinfo* list) {
        const std::unique_ptr<DnsQuery<SocketAddress>> owner(
            static_cast<DnsQuery<SocketAddress>*>(argument));
        owner->finish(read_addresses(owner->name, status, list));
      },
      query);
  state_->arm();
}

void DnsClient::srv(const std::string& name, Done<SrvRecord> done) {
  auto* query = state_->begin(name, std::move(done));
  if (query == nullptr) return;
  ::ares_query(
      state_->channel, name.c_str(), ns_c_in, ns_t_srv,
      [](void* argument, int status, int, unsigned char* bytes, int size) {
        const std::unique_ptr<DnsQuery<SrvRecord>> owner(
            static_cast<DnsQuery<SrvRecord>*>(argument));
        owner->finish(
            read_srv(owner->name, status, BytesView(bytes, bytes ? static_cast<size_t>(size) : 0)));
      },
      query);
  state_->arm();
}

void DnsClient::naptr(const std::string& name, Done<NaptrRecord> done) {
  auto* query = state_->begin(name, std::move(done));
  if (query == nullptr) return;
  ::ares_query(
      state_->channel, name.c_str(), ns_c_in, ns_t_naptr,
      [](void* argument, int status, int, unsigned char* bytes, int size) {
        const std::unique_ptr<DnsQuery<NaptrRecord>> owner(
            static_cast<DnsQuery<NaptrRecord>*>(argument));
        owner->finish(read_naptr(owner->name, status,
                                 BytesView(bytes, bytes ? static_cast<size_t>(size) : 0)));
      },
      query);
  state_->arm();
}

}  // namespace sipcast
