// Any bytes as a message that is kept for the trace of a call: nothing but masks is written, and no
// secret in a known place stays.
#include <cstdlib>

#include "base/text.hpp"
#include "sip/redact.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const std::string seen = sip::redacted(text);
  if (seen.size() != text.size()) std::abort();
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i] != text[i] && seen[i] != '*' && seen[i] != 'x') std::abort();
  }
  const std::string lower = to_lower(seen);
  for (size_t at = lower.find("inline:"); at != std::string::npos;
       at = lower.find("inline:", at + 7)) {
    const size_t key = at + 7;
    if (key < lower.size() && !std::string_view("x*|; \t\r\n").contains(lower[key])) std::abort();
  }
  // Credentials in the place where they belong never come through.
  const std::string request =
      "BYE sip:a@b SIP/2.0\r\nAuthorization: Digest response=\"QQQQ\"\r\n" + text;
  if (!text.contains("QQQQ") && sip::redacted(request).contains("QQQQ")) std::abort();
  return 0;
}
