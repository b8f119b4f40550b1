#include "net/resolver.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "net/await_test.hpp"
#include "net/dns_server_for_tests.hpp"

namespace sipcast {
namespace {

using namespace std::chrono_literals;
using test::on;

class ResolverTest : public testing::Test {
 protected:
  ResolverTest() {
    loop_.start();
    make({.servers = server_.address(), .timeout = 5s});
  }
  ~ResolverTest() override {
    on(loop_, [&] { resolver_.reset(); });
  }
  void make(const DnsClient::Options& options) {
    on(loop_,
       [&] { resolver_ = std::make_unique<Resolver>(loop_, *DnsClient::create(loop_, options)); });
  }
  Result<std::vector<SipHop>> locate(const Resolver::Query& query) {
    std::promise<Result<std::vector<SipHop>>> promise;
    auto future = promise.get_future();
    on(loop_, [&] {
      const auto inside = std::make_shared<bool>(true);
      resolver_->locate(query, [&promise, inside](Result<std::vector<SipHop>> result) {
        EXPECT_FALSE(*inside);  // never from within locate()
        promise.set_value(std::move(result));
      });
      *inside = false;
    });
    if (future.wait_for(60s) != std::future_status::ready) std::abort();
    return future.get();
  }
  /// "udp 192.0.2.1:5060, ..." or the cause of an error.
  std::string found(const Resolver::Query& query) {
    const auto hops = locate(query);
    if (!hops) return hops.error().cause;
    std::string text;
    for (const SipHop& hop : *hops) {
      const char* name = hop.transport == SipTransport::Udp   ? "udp "
                         : hop.transport == SipTransport::Tcp ? "tcp "
                                                              : "tls ";
      text += (text.empty() ? "" : ", ") + (name + hop.address.to_string());
    }
    return text;
  }
  EventLoop loop_{"test"};
  test::DnsServer server_;
  std::unique_ptr<Resolver> resolver_;
};

TEST_F(ResolverTest, AsksNobodyAboutLiterals) {
  EXPECT_EQ(found({.host = "192.0.2.7"}), "udp 192.0.2.7:5060");
  EXPECT_EQ(found({.host = "[2001:db8::1]", .transport = SipTransport::Tls}),
            "tls [2001:db8::1]:5061");
  EXPECT_EQ(found({.host = "192.0.2.7", .port = 5070, .transport = SipTransport::Tcp}),
            "tcp 192.0.2.7:5070");
  EXPECT_EQ(server_.queries(), 0u);
}

TEST_F(ResolverTest, TakesAddressesAloneWhereAPortIsSaid) {
  server_.srv("_sip._udp.pbx.example", 1, 1, 5999, "other.example");
  server_.a("pbx.example", "192.0.2.1");
  server_.aaaa("pbx.example", "2001:db8::1");
  EXPECT_EQ(found({.host = "pbx.example", .port = 5080}),
            "udp 192.0.2.1:5080, udp [2001:db8::1]:5080");
  EXPECT_EQ(found({.host = "PBX.Example", .port = 5080, .transport = SipTransport::Tls}),
            "tls 192.0.2.1:5080, tls [2001:db8::1]:5080");
}

TEST_F(ResolverTest, ObeysTheFamilyOfOurSockets) {
  server_.a("pbx.example", "192.0.2.1");
  server_.aaaa("pbx.example", "2001:db8::1");
  make({.servers = server_.address(), .family = DnsClient::Family::V6, .timeout = 5s});
  EXPECT_EQ(found({.host = "pbx.example", .port = 5060}), "udp [2001:db8::1]:5060");
}

TEST_F(ResolverTest, FollowsSrvOfTheTransportByPriority) {
  server_.srv("_sip._tcp.example.com", 20, 0, 5062, "backup.example.com");
  server_.srv("_sip._tcp.example.com", 10, 0, 5061, "main.example.com");
  server_.srv("_sip._tcp.example.com", 30, 0, 5063, "gone.example.com");
  server_.a("main.example.com", "192.0.2.1");
  server_.a("backup.example.com", "192.0.2.2");
  EXPECT_EQ(found({.host = "example.com", .transport = SipTransport::Tcp}),
            "tcp 192.0.2.1:5061, tcp 192.0.2.2:5062");
}

TEST_F(ResolverTest, FallsBackToTheHostWithoutSrv) {
  server_.a("plain.example", "192.0.2.9");
  EXPECT_EQ(found({.host = "plain.example", .transport = SipTransport::Tls}), "tls 192.0.2.9:5061");
  EXPECT_EQ(found({.host = "plain.example"}), "udp 192.0.2.9:5060");
}

TEST_F(ResolverTest, LetsNaptrChooseTheTransport) {
  server_.naptr("example.com", 20, 5, "SIP+D2U", "_sip._udp.example.com");
  server_.naptr("example.com", 10, 7, "SIP+D2T", "_sip._tcp.example.com");
  server_.naptr("example.com", 10, 5, "SIPS+D2T", "secure.provider.example");  // another domain's
  server_.naptr("example.com", 1, 1, "SIP+D2S", "_sip._sctp.example.com");     // not ours
  server_.srv("secure.provider.example", 1, 1, 5081, "a.provider.example");
  server_.srv("_sip._udp.example.com", 1, 1, 5060, "a.provider.example");
  server_.a("a.provider.example", "192.0.2.3");
  EXPECT_EQ(found({.host = "example.com"}), "tls 192.0.2.3:5081");
  EXPECT_EQ(found({.host = "example.com", .transport = SipTransport::Udp}), "udp 192.0.2.3:5060");
}

TEST_F(ResolverTest, ChoosesTheTransportThatHasSrvWithoutNaptr) {
  server_.srv("_sips._tcp.example.com", 1, 1, 5061, "a.example.com");
  server_.a("a.example.com", "192.0.2.4");
  EXPECT_EQ(found({.host = "example.com"}), "tls 192.0.2.4:5061");
}

TEST_F(ResolverTest, SaysWhatWasNotFound) {
  EXPECT_EQ(found({.host = "nowhere.example", .port = 5060}),
            "no address of nowhere.example: Domain name not found");
  EXPECT_EQ(found({.host = ""}), "no host name: \"\"");
  EXPECT_EQ(locate({.host = std::string(300, 'a')}).error().code, Errc::NotFound);
  server_.srv("_sip._udp.off.example", 0, 0, 0, ".");
  EXPECT_EQ(found({.host = "off.example", .transport = SipTransport::Udp}),
            "no server of off.example does SIP");
}

TEST_F(ResolverTest, ForgetsItsQueriesWhenItGoes) {
  on(loop_, [&] {
    resolver_->locate({.host = "a.example"}, [](const auto&) { ADD_FAILURE(); });
    resolver_.reset();
  });
  on(loop_, [] {});
}

TEST(OrderSrv, IsRandomByWeightWithinAPriority) {
  std::mt19937 random(7);
  int heavy_first = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<SrvRecord> records = {{.priority = 2, .weight = 9, .target = "last"},
                                      {.priority = 1, .weight = 10, .target = "light"},
                                      {.priority = 1, .weight = 90, .target = "heavy"}};
    order_srv(records, random);
    ASSERT_EQ(records[2].target, "last");
    heavy_first += records[0].target == "heavy";
  }
  EXPECT_NEAR(heavy_first, 900, 40);
}

TEST(DnsClient, NamesServersThatAreNone) {
  EventLoop loop("test");
  const auto client = DnsClient::create(loop, {.servers = "no address"});
  ASSERT_FALSE(client);
  EXPECT_TRUE(client.error().cause.starts_with("\"no address\" are no addresses of name servers"));
}

}  // namespace
}  // namespace sipcast
