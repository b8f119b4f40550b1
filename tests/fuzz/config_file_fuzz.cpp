#include <chrono>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "config/config_loader.hpp"
#include "config/option_docs.hpp"

using namespace sipcast;
using namespace sipcast::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace std::chrono_literals;
  uint16_t port = 5060;
  int64_t bytes = 0;
  bool flag = false;
  Duration expires = 90s;
  std::string text = "x";
  std::vector<std::string> list;
  LogLevel level = LogLevel::Info;
  OptionTable table;
  table.add("p", port, {.range = {1, 65535}, .help = "p"});
  table.add("b", bytes, {.help = "b"});
  table.add("f", flag, {.help = "f"});
  table.add("d", expires, {.range = {1s, 24h}, .help = "d"});
  table.add("t", text, {.secret = true, .help = "t"});
  table.add("l", list, {.aliases = {"ip"}, .help = "l"});
  table.add("v", level, {.help = "v"});
  LoadResult result;
  load_text(table, as_text({data, size}), "file", result);
  CHECK(port != 0);
  CHECK(expires >= 1s && expires <= 24h);
  (void)check_report(table, result);
  (void)reference_page(table);
  for (const Option& option : table.options()) {  // what is shown reads back as the same
    const std::string shown = option.show();
    CHECK(option.set(shown).has_value());
    CHECK(option.show() == shown);
  }
  return 0;
}
