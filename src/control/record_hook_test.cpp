#include "control/record_hook.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

namespace sipcast {
namespace {
using namespace std::chrono_literals;

class RecordHook : public ::testing::Test {
 protected:
  Result<void> run(const std::string& text, Duration patience = 10s) {
    const std::string script = ::testing::TempDir() + "record_hook_" + std::to_string(::getpid());
    std::ofstream(script) << "#!/bin/sh\n" << text << "\n";
    ::chmod(script.c_str(), 0755);
    auto result = run_record_hook(script, "room; rm -rf /", out_, "call-1", patience);
    std::remove(script.c_str());
    return result;
  }
  std::string said() {
    std::ifstream in(out_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void TearDown() override { std::remove(out_.c_str()); }
  const std::string out_ = ::testing::TempDir() + "record_hook_out_" + std::to_string(::getpid());
};

TEST_F(RecordHook, GetsItsThreeWordsWholeAndNothingElse) {
  ASSERT_TRUE(run(R"(printf '%s|%s|%s|%s' "$#" "$1" "$3" "$HOME" > "$2")").has_value());
  EXPECT_EQ(said(), "3|room; rm -rf /|call-1|");
}

TEST_F(RecordHook, OneThatFailsHangsOrIsNotThereIsTold) {
  EXPECT_EQ(run("exit 3").error().code, Errc::Refused);
  EXPECT_EQ(run("sleep 60 & wait", 50ms).error().code, Errc::Timeout);
  const auto missing = run_record_hook("/no/such/script", "", "", "", 1s);
  EXPECT_EQ(missing.error().code, Errc::Io);
  EXPECT_NE(missing.error().cause.find("/no/such/script"), std::string::npos);
}

}  // namespace
}  // namespace sipcast
