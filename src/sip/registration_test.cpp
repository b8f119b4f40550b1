#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

TEST_F(Scripted, RegistrationIsRefreshedAndRemoved) {
  RegistrationLog log;
  on_request = [this](const Received& r) {
    if (!r.message.find("Authorization")) return challenge(r, 401, "lab");
    if (r.message.get("Expires") == "300") return reply(r, 423, "t", {{"Min-Expires", "600"}});
    const std::string seconds = r.message.get("Expires") == "0" ? "0" : "500";
    reply(r, 200, "t",
          {{"Contact", "<sip:other@1.1.1.1>;expires=7"},
           {"Contact", r.message.get("Contact") + ";expires=" + seconds}});
  };
  const auto registration = us.agent.register_account(account, log, net.now);
  net.run_for(1s);
  EXPECT_EQ(log.granted, std::vector<Duration>{500s});
  EXPECT_EQ(last("REGISTER").message.request_uri, "sip:lab.example");
  EXPECT_EQ(requests.size(), 3u);
  net.run_for(390s);
  EXPECT_EQ(requests.size(), 3u);
  net.run_for(20s);
  EXPECT_EQ(requests.size(), 4u);
  EXPECT_EQ(log.granted.size(), 2u);
  us.agent.unregister(registration, net.now);
  net.run_for(1s);
  EXPECT_EQ(last("REGISTER").message.get("Expires"), "0");
  EXPECT_FALSE(log.failed);
  expect_clean();
}

TEST_F(Scripted, RegistrationFailsWithTheCause) {
  RegistrationLog log;
  on_request = [this](const Received& r) { challenge(r, 401, "lab"); };
  us.agent.register_account(account, log, net.now);
  net.run_for(1s);
  ASSERT_TRUE(log.failed);
  EXPECT_EQ(log.failed->cause, "wrong password: SIP 401 again after credentials for realm \"lab\"");
  expect_clean();
}

}  // namespace
}  // namespace sipcast::sip
