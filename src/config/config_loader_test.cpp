#include "config/config_loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "config/option_docs.hpp"
#include "config/wcs_names.hpp"

namespace sipcast::config {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

enum class Transport : uint8_t { Udp, Tcp };

/// A table with an option of each type.
struct Server {
  uint16_t port = 5060;
  int64_t bytes = 1000;
  bool rtcp_mux = false;
  Duration expires = 30min;
  std::string password;
  std::vector<std::string> ips;
  LogLevel level = LogLevel::Info;
  Transport transport = Transport::Udp;
  OptionTable table;

  Server() {
    table.add("sip.port", port, {.range = {1, 65535}, .help = "Port for SIP."});
    table.add("http.body_size", bytes,
              {.range = {1, 65536}, .unit = "bytes", .help = "Largest body."});
    table.add("sip.rtcp_mux", rtcp_mux, {.help = "Offers a=rtcp-mux."});
    table.add("sip.session_expires", expires,
              {.range = {90s, 24h}, .reload = Reload::NewCalls, .help = "Session timer."});
    table.add("api.password", password, {.secret = true, .help = "For REST."});
    table.add("sip.ip", ips, {.aliases = {"ip", "ip_local"}, .help = "Addresses."});
    table.add("log.level", level, {.reload = Reload::Now, .help = "How much is logged."});
    table.add("sip.transport", transport, {{"udp", Transport::Udp}, {"tcp", Transport::Tcp}},
              {.help = "How calls go."});
  }
  LoadResult text(std::string_view file) {
    LoadResult result;
    load_text(table, file, "f.conf", result);
    return result;
  }
  LoadResult args(std::vector<const char*> list, std::vector<const char*> environment = {}) {
    environment.push_back(nullptr);
    return load(table, list, environment.data());
  }
};

TEST(LoadText, FillsEveryType) {
  Server server;
  const LoadResult result = server.text(
      "\xef\xbb\xbf# a comment\r\n\r\n! another\nsip.port = 5070\r\nsip.rtcp_mux=yes\n"
      "sip.session_expires = 2m\napi.password = a#b = c\nsip.ip = 192.0.2.1, 2001:db8::1\n"
      "log.level = Debug\nhttp.body_size: 77\nsip.transport = tcp\nsip.port = 5080");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(result.warnings, IsEmpty());
  EXPECT_EQ(server.port, 5080);  // the last one wins
  EXPECT_TRUE(server.rtcp_mux);
  EXPECT_EQ(server.expires, 2min);
  EXPECT_EQ(server.password, "a#b = c");
  EXPECT_THAT(server.ips, ElementsAre("192.0.2.1", "2001:db8::1"));
  EXPECT_EQ(server.level, LogLevel::Debug);
  EXPECT_EQ(server.bytes, 77);
  EXPECT_EQ(server.transport, Transport::Tcp);
}

TEST(LoadText, NamesFileLineOptionAndReason) {
  Server server;
  const LoadResult result = server.text(
      "sip.port = 70000\nsip.port = x\nsip.port =\nsip.session_expires = 5s\nlog.level = loud\n"
      "sip.rtcp_mux = maybe\nhttp.body_size = -1\nnonsense\nsip.port = 99999999999999999999\n");
  EXPECT_THAT(
      result.errors,
      ElementsAre("f.conf:8: no \"key = value\" and no comment",
                  "f.conf:1: sip.port = \"70000\": not within 1..65535",
                  "f.conf:2: sip.port = \"x\": no whole number",
                  "f.conf:3: sip.port = \"\": no whole number",
                  "f.conf:4: sip.session_expires = \"5s\": not within 90s..24h",
                  "f.conf:5: log.level = \"loud\": none of debug, info, warning, error",
                  "f.conf:6: sip.rtcp_mux = \"maybe\": neither true nor false",
                  "f.conf:7: http.body_size = \"-1\": not within 1..65536 (bytes)",
                  "f.conf:9: sip.port = \"99999999999999999999\": a number with too many digits"));
  EXPECT_EQ(server.port, 5060);
}

TEST(LoadText, LoadsTheFileOfWcs) {
  Server server;
  const LoadResult result = server.text(
      "#server ip\nip =\nip_local = 192.0.2.7\n\n#media ports\nmedia_port_from =31001\n"
      "codecs =opus,alaw,ulaw,g729,speex16,g722,mpeg4-generic,telephone-event,h264,vp8,flv\n"
      "keep_alive.server_interval=5000\nwss.keystore.password = hunter2\nsip.prot = 1\n"
      "some_future_setting = 1\n");
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(server.ips, ElementsAre("192.0.2.7"));
  ASSERT_EQ(result.warnings.size(), 6u);
  EXPECT_THAT(result.warnings[0], HasSubstr("f.conf:6: media_port_from of WCS is ignored"));
  EXPECT_THAT(result.warnings[3], HasSubstr("wss.keystore.password"));
  EXPECT_EQ(result.warnings[4],
            "f.conf:10: unknown option sip.prot is ignored; did you mean sip.port?");
  EXPECT_EQ(result.warnings[5], "f.conf:11: unknown option some_future_setting is ignored");
  for (const std::string& warning : result.warnings) EXPECT_THAT(warning, Not(HasSubstr("hunter")));
}

TEST(Load, LetsTheLaterSourceWin) {
  const auto path = std::filesystem::path(testing::TempDir()) / "config_loader_test.conf";
  std::ofstream(path) << "sip.port = 1\nsip.session_expires = 100\nlog.level = error\n";
  const std::string config = "--config=" + path.string();
  Server server;
  const LoadResult result =
      server.args({config.c_str(), "--log.level=warning", "--sip.rtcp_mux"},
                  {"SIPCAST_SIP_PORT=2", "HOME=/", "SIPCAST_LOG_LEVEL=debug"});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_EQ(server.expires, 100s);
  EXPECT_EQ(server.port, 2);
  EXPECT_EQ(server.level, LogLevel::Warning);
  EXPECT_TRUE(server.rtcp_mux);
  EXPECT_THAT(check_report(server.table, result),
              HasSubstr("sip.session_expires = 100s  # " + path.string() + ":2\n"));

  Server by_variable;
  const std::string variable = "SIPCAST_CONFIG=" + path.string();
  by_variable.args({}, {variable.c_str()});
  EXPECT_EQ(by_variable.port, 1);
  std::filesystem::remove(path);
}

TEST(Load, RefusesABadCommandLine) {
  Server server;
  const LoadResult result =
      server.args({"--sip.prot=1", "--sip.port", "--sip.port=0", "-x", "--config"});
  EXPECT_THAT(result.errors,
              ElementsAre("command line: unknown option -x",
                          "command line: --config needs the name of a file",
                          "command line: unknown option --sip.prot; did you mean --sip.port?",
                          "command line: --sip.port needs a value: --sip.port=...",
                          "command line: --sip.port = \"0\": not within 1..65535"));
}

TEST(Load, SortsSwitchesAndOtherWords) {
  Server server;
  const LoadResult result =
      server.args({"--help", "call", "--check", "--version", "--", "--sip.port=9"});
  EXPECT_TRUE(result.help && result.check && result.version);
  EXPECT_THAT(result.positional, ElementsAre("call", "--sip.port=9"));
  EXPECT_EQ(server.port, 5060);
  EXPECT_THAT(server.args({"--config", "/nonexistent/x"}).errors,
              ElementsAre("/nonexistent/x: No such file or directory"));
  EXPECT_EQ(server.args({"--config", "/"}).errors.size(), 1u);
}

TEST(Load, WarnsOfUnknownEnvironment) {
  Server server;
  const LoadResult result = server.args({}, {"SIPCAST_SIP_PROT=1", "SIPCAST_QWERTZUIOP=1"});
  EXPECT_THAT(result.errors, IsEmpty());
  EXPECT_THAT(
      result.warnings,
      ElementsAre(
          "environment: unknown option SIPCAST_SIP_PROT is ignored; did you mean SIPCAST_SIP_PORT?",
          "environment: unknown option SIPCAST_QWERTZUIOP is ignored"));
}

TEST(Load, NeverPrintsASecret) {
  Server server;
  server.password = "default-secret";
  OptionTable table;
  table.add("api.password", server.password, {.secret = true, .max_length = 20, .help = "x"});
  const char* args[] = {"--api.password=hunter2"};
  const LoadResult good = load(table, args, nullptr);
  EXPECT_EQ(server.password, "hunter2");
  const char* too_long[] = {"--api.password=hunter2hunter2hunter2hunter2"};
  const LoadResult bad = load(table, too_long, nullptr);
  EXPECT_THAT(bad.errors, ElementsAre("command line: --api.password: longer than 20 bytes"));
  for (const std::string& text : {help_text(table, "x"), reference_page(table),
                                  check_report(table, good), check_report(table, bad)}) {
    EXPECT_THAT(text, Not(HasSubstr("hunter2")));
    EXPECT_THAT(text, Not(HasSubstr("default-secret")));
  }
}

TEST(OptionDocs, DescribeEachOption) {
  Server server;
  const std::string help = help_text(server.table, "sipcast [options]");
  EXPECT_THAT(help, HasSubstr("Usage: sipcast [options]\n"));
  EXPECT_THAT(
      help,
      HasSubstr("\nsip:\n  --sip.port=number\n      Port for SIP. [1..65535, default 5060]\n"));
  EXPECT_THAT(help, HasSubstr("--sip.session_expires=duration\n      Session timer. [bare number: "
                              "seconds, 90s..24h, default 30m]\n"));
  const std::string page = reference_page(server.table);
  EXPECT_THAT(page, HasSubstr("| `sip.port` | `SIPCAST_SIP_PORT` | number | 1..65535 | `5060` | "
                              "restart |  | Port for SIP. |\n"));
  EXPECT_THAT(page, HasSubstr("| `log.level` | `SIPCAST_LOG_LEVEL` | "
                              "debug\\|info\\|warning\\|error |  | `info` | at once |"));
  EXPECT_THAT(page, HasSubstr("`ip`, `ip_local`"));
}

TEST(OptionTable, StopsTheProcessWhenANameIsTaken) {
  Server server;
  uint16_t other = 1;
  EXPECT_DEATH(server.table.add("sip.port", other, {.help = "again"}), "");
  EXPECT_DEATH(server.table.add("sip_port", other, {.help = "same variable"}), "");
  EXPECT_DEATH(server.table.add("x.y", other, {.range = {2, 3}, .help = "default outside"}), "");
}

TEST(EditDistance, CountsLetters) {
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("sip.port", "sip.prot"), 2u);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance(std::string(1000, 'a'), "a"), 63u);
}

TEST(WcsNames, KnowWhyTheyMeanNothing) {
  EXPECT_TRUE(wcs_name_without_meaning("rtmp.port").has_value());
  EXPECT_FALSE(wcs_name_without_meaning("sip.port").has_value());
}

}  // namespace
}  // namespace sipcast::config
