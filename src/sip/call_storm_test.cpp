#include <set>

#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

/// One side of a call that does something at random each time it is asked.
struct Actor : Observer {
  CallHandle handle = 0;
  bool over = false;
  void on_ended(const Ending& ending) override {
    Observer::on_ended(ending);
    over = true;
  }
};

struct Storm : Pair {
  std::mt19937 random{11};
  std::vector<std::unique_ptr<Actor>> callers, callees;
  std::set<CallHandle> ringing;
  bool dead = false;  ///< the phone has crashed: nothing of it arrives, nothing is heard

  Storm() : Pair({.max_calls = 5000, .session_expires = 120s}) {
    phone.agent.set_incoming_handler(
        [this](const IncomingCall& in) {
          switch (random() % 5) {
            case 0:
              return phone.agent.reject(in.handle, 486, net.now);
            case 1:
              phone.agent.ring(in.handle, 183, "v=0 early", net.now);
              break;
            case 2:
              break;
            default:
              phone.agent.ring(in.handle, 180, "", net.now);
          }
          ringing.insert(in.handle);
        },
        [this](CallHandle handle, const Ending&) { ringing.erase(handle); });
    net.lose = [this](const std::string&) { return dead; };
  }
  void dial_one() {
    Actor& actor = *callers.emplace_back(std::make_unique<Actor>());
    actor.handle = us.agent.invite(account, "x", "v=0 offer", actor, net.now).value();
  }
  void answer_some() {
    for (const CallHandle handle : std::set(ringing)) {
      if (random() % 3) continue;
      ringing.erase(handle);
      if (random() % 6 == 0) {
        phone.agent.reject(handle, 603, net.now);
        continue;
      }
      Actor& actor = *callees.emplace_back(std::make_unique<Actor>());
      actor.handle = handle;
      phone.agent.accept(handle, "v=0 answer", actor, net.now);
    }
  }
  void stir(Agent& agent, std::vector<std::unique_ptr<Actor>>& actors) {
    for (const auto& actor : actors) {
      if (actor->over) continue;
      switch (random() % 40) {
        case 0:
          agent.agent.hangup(actor->handle, net.now);
          break;
        case 1:
          agent.agent.forget(actor->handle, net.now);
          actor->over = true;
          break;
        case 2:
          agent.agent.reoffer(actor->handle, "v=0 new", net.now);
          break;
        case 3:
          agent.agent.send_info(actor->handle, "application/dtmf", "5", net.now);
          break;
        default:
          break;
      }
    }
  }
};

TEST_F(Storm, AThousandCallsThatEndInEveryWayLeaveNothing) {
  for (int second = 0; second < 10; ++second) {
    net.loss_percent = second % 3 * 10;
    for (int step = 0; step < 100; ++step) {  // 100 calls a second
      dial_one();
      net.run_for(10ms);
      if (step % 10) continue;
      answer_some();
      stir(us, callers);
      stir(phone, callees);
    }
  }
  net.run_for(5s);
  EXPECT_GT(net.count("SIP/2.0 200"), 500u);
  dead = true;  // what still stands loses its phone
  net.run_for(400s);
  dead = false;
  net.loss_percent = 0;
  for (const CallHandle handle : std::set(ringing)) phone.agent.reject(handle, 480, net.now);
  for (const auto& actor : callers) us.agent.forget(actor->handle, net.now);
  for (const auto& actor : callees) phone.agent.forget(actor->handle, net.now);
  expect_clean();
  EXPECT_FALSE(phone.agent.deadline().has_value());
}

}  // namespace
}  // namespace sipcast::sip
