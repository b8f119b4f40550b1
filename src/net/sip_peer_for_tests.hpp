#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "net/await_test.hpp"
#include "net/sip_sockets.hpp"

namespace sipcast::test {

inline const std::string kOptions =
    "OPTIONS sip:a@b SIP/2.0\r\nVia: x\r\nContent-Length: 5\r\n\r\nhello";

struct Seen {
  std::vector<std::string> messages;
  std::vector<SocketAddress> from;
  std::vector<std::string> failures;
  SipTransport transport = SipTransport::Udp;
};

class Peer : public SipSockets::Observer {
 public:
  explicit Peer(EventLoop& loop, SipTcpLimits limits = {}, const char* ip = "127.0.0.1",
                SipTls tls = {})
      : loop_(loop) {
    sockets = on(loop, [&] {
      auto opened = SipSockets::open(loop, *SocketAddress::parse(ip, 0), *this, Logger::none(),
                                     limits, std::move(tls));
      if (!opened) throw std::runtime_error(opened.error().cause);
      return std::move(*opened);
    });
  }
  ~Peer() override {
    on(loop_, [&] { sockets.reset(); });
  }
  void on_message(BytesView message, SipTransport transport, const SocketAddress& from) override {
    seen.change([&](Seen& all) {
      all.messages.emplace_back(as_text(message));
      all.from.push_back(from);
      all.transport = transport;
    });
  }
  void on_tcp_failed(const SocketAddress&, const std::string& cause) override {
    seen.change([&](Seen& all) { all.failures.push_back(cause); });
  }
  void send(bool tcp, const std::string& text, const SocketAddress& to) {
    on(loop_, [&] {
      tcp ? sockets->send_tcp(as_bytes(text), to) : sockets->send_udp(as_bytes(text), to);
    });
  }
  void send_tls(const std::string& text, const SocketAddress& to, const std::string& host) {
    on(loop_, [&] { sockets->send_tls(as_bytes(text), to, host); });
  }
  bool wait_messages(size_t count) {
    return seen.wait([&](const Seen& all) { return all.messages.size() >= count; });
  }
  bool wait_failures(size_t count) {
    return seen.wait([&](const Seen& all) { return all.failures.size() >= count; });
  }
  SocketAddress address() const { return sockets->local_address(); }
  SocketAddress tls_address() const { return address().with_port(sockets->tls_port()); }
  std::unique_ptr<SipSockets> sockets;
  Awaited<Seen> seen;

 private:
  EventLoop& loop_;
};

class SipSocketsTest : public testing::Test {
 protected:
  SipSocketsTest() { loop.start(); }
  EventLoop loop{"test"};
};

}  // namespace sipcast::test
