// auth.file, the Authorization header and dial patterns: the first byte says which.
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "control/access/authorization.hpp"
#include "control/access/credentials.hpp"
#include "control/access/dial_rules.hpp"
#include "control/access/needed_scope.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sipcast;
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0:
      if (const auto known = Credentials::parse(text)) {
        CHECK(known->find_key("sipcast_nobody_x") == nullptr);
        CHECK(Credentials::parse(with_line(text, "user", "nobody", "")).has_value());
      }
      break;
    case 1:
      (void)parse_authorization(text);
      (void)needed_scope(text, text);
      break;
    case 2:
      if (const auto rules = DialRules::parse(text, text); rules) {
        (void)rules->check("0900123", {"pbx.example"});
      }
      break;
    default:
      if (const auto rules = DialRules::parse("", "0900*,*@evil.example"); rules) {
        const bool denied = dialled(text).starts_with("0900");
        CHECK(!denied || !rules->check(text, {"pbx.example"}));
      }
  }
  return 0;
}
