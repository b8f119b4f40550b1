#include "control/access/needed_scope.hpp"

#include <gtest/gtest.h>

namespace sipcast {
namespace {

TEST(NeededScope, IsWhatTheLongestPrefixSays) {
  struct Case {
    const char *path, *query;
    Need need;
  };
  for (const Case& c :
       {Case{"/", "", Need::Nothing}, Case{"/", "action=stat", Need::Anyone},
        Case{"/", "preventCache=1&action=stat", Need::Anyone}, Case{"/player", "", Need::Nothing},
        Case{"/healthz", "", Need::Nothing}, Case{"/whep/room1", "", Need::Nothing},
        Case{"/rest-api/call/startup", "", Need::Calls},
        Case{"/rest-api/stream/find", "", Need::Streams},
        Case{"/rest-api/recorder/files/a.mp4", "", Need::Streams},
        Case{"/rest-api/mixer/startup", "", Need::Admin}, Case{"/rest-api", "", Need::Admin},
        Case{"/v1/apps", "", Need::Admin}, Case{"/v1/calls/1/trace", "", Need::Calls},
        Case{"/v1/openapi.json", "", Need::Nothing}, Case{"/v1/emergency-stop", "", Need::Admin},
        Case{"/metrics", "", Need::Anyone}}) {
    EXPECT_EQ(needed_scope(c.path, c.query), c.need) << c.path << "?" << c.query;
  }
}

}  // namespace
}  // namespace sipcast
