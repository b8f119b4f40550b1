#pragma once
#include <sys/socket.h>

#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/bytes.hpp"
#include "base/socket_address.hpp"
#include "net/unique_fd.hpp"

namespace sipcast::test {

/// A name server on the loopback that knows what it was told; all else is NXDOMAIN.
class DnsServer {
 public:
  DnsServer() : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_storage storage{};
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_sockaddr(storage);
    ::bind(socket_.get(), address, size);
    ::getsockname(socket_.get(), address, &size);
    address_ = SocketAddress::from_sockaddr(address, size);
    thread_ = std::thread([this] { run(); });
  }
  ~DnsServer() {
    sockaddr_storage storage{};
    const socklen_t size = address_.to_sockaddr(storage);
    ::sendto(socket_.get(), "", 0, 0, reinterpret_cast<sockaddr*>(&storage), size);  // the end
    thread_.join();
  }
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const { return address_.to_string(); }
  void a(const std::string& name, const char* ip) { add(name, 1, SocketAddress::parse(ip, 0)); }
  void aaaa(const std::string& name, const char* ip) { add(name, 28, SocketAddress::parse(ip, 0)); }
  void srv(const std::string& name, uint16_t priority, uint16_t weight, uint16_t port,
           const std::string& target) {
    Bytes data = numbers({priority, weight, port});
    append(data, encoded(target));
    add(name, 33, data);
  }
  void naptr(const std::string& name, uint16_t order, uint16_t preference,
             const std::string& service, const std::string& replacement) {
    Bytes data = numbers({order, preference});
    for (const std::string& text : {std::string("s"), service, std::string()}) {
      data.push_back(static_cast<uint8_t>(text.size()));
      append(data, Bytes(text.begin(), text.end()));
    }
    append(data, encoded(replacement));
    add(name, 35, data);
  }
  size_t queries() const {
    const std::lock_guard lock(mutex_);
    return queries_;
  }

 private:
  using Key = std::pair<std::string, uint16_t>;  // name in the form of the wire, and type

  static void append(Bytes& to, const Bytes& more) {
    to.insert(to.end(), more.begin(), more.end());
  }
  static Bytes numbers(std::initializer_list<unsigned> values) {
    Bytes out;
    for (const unsigned value : values) {
      out.push_back(static_cast<uint8_t>(value >> 8));
      out.push_back(static_cast<uint8_t>(value));
    }
    return out;
  }
  static Bytes encoded(const std::string& name) {
    Bytes out;
    for (size_t at = 0; at < name.size();) {
      const size_t end = std::min(name.find('.', at), name.size());
      out.push_back(static_cast<uint8_t>(end - at));
      append(out, Bytes(name.begin() + static_cast<std::ptrdiff_t>(at),
                        name.begin() + static_cast<std::ptrdiff_t>(end)));
      at = end + 1;
    }
    out.push_back(0);
    return out;
  }
  void add(const std::string& name, uint16_t type, const Result<SocketAddress>& address) {
    add(name, type, Bytes(address->ip_bytes().begin(), address->ip_bytes().end()));
  }
  void add(const std::string& name, uint16_t type, Bytes data) {
    const Bytes wire = encoded(name);
    const std::lock_guard lock(mutex_);
    records_[{std::string(wire.begin(), wire.end()), type}].push_back(std::move(data));
  }
  void run() {
    for (Bytes query(512);; query.resize(512)) {
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      auto* address = reinterpret_cast<sockaddr*>(&from);
      const auto got = ::recvfrom(socket_.get(), query.data(), query.size(), 0, address, &size);
      if (got <= 0) return;
      query.resize(static_cast<size_t>(got));
      const Bytes reply = answer(query);
      ::sendto(socket_.get(), reply.data(), reply.size(), 0, address, size);
    }
  }
  Bytes answer(const Bytes& query) {
    size_t end = 12;
    while (end < query.size() && query[end] != 0) end += query[end] + 1u;
    const size_t question = end + 5 - 12;  // the root, type and class
    if (end + 5 > query.size()) return query;
    std::string name(query.begin() + 12, query.begin() + static_cast<std::ptrdiff_t>(end) + 1);
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    const auto type = static_cast<uint16_t>(query[end + 1] << 8 | query[end + 2]);
    const std::lock_guard lock(mutex_);
    ++queries_;
    const auto found = records_.find({name, type});
    const size_t count = found == records_.end() ? 0 : found->second.size();
    Bytes out(query.begin(), query.begin() + 2);
    append(out, numbers({count ? 0x8580u : 0x8583u, 1, static_cast<unsigned>(count), 0, 0}));
    append(out,
           Bytes(query.begin() + 12, query.begin() + 12 + static_cast<std::ptrdiff_t>(question)));
    for (size_t i = 0; i < count; ++i) {
      const Bytes& data = found->second[i];
      append(out, numbers({0xc00c, type, 1, 0, 60, static_cast<unsigned>(data.size())}));
      append(out, data);
    }
    return out;
  }

  const UniqueFd socket_;
  SocketAddress address_;
  mutable std::mutex mutex_;  // guards the rest
  std::map<Key, std::vector<Bytes>> records_;
  size_t queries_ = 0;
  std::thread thread_;
};

}  // namespace sipcast::test
