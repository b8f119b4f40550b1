// Any bytes as a URI, a name-addr, a Via and a digest challenge.
#include <cstdlib>

#include "sip/digest.hpp"
#include "sip/message.hpp"
#include "sip/uri.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = as_text({data, size});
  if (const auto uri = sip::Uri::parse(text)) {
    const auto again = sip::Uri::parse(uri->to_string());
    if (!again || again->host != uri->host || again->user != uri->user) std::abort();
  }
  if (const auto name = sip::NameAddr::parse(text)) {
    const auto again = sip::NameAddr::parse(name->to_string());
    if (!again || again->uri != name->uri) std::abort();
  }
  if (const auto via = sip::Via::parse(text)) (void)via->to_string();
  if (const auto challenge = sip::DigestChallenge::parse(text)) {
    (void)sip::digest_authorization(*challenge, {.username = "u",
                                                 .password = "p",
                                                 .method = "INVITE",
                                                 .uri = "sip:a@b",
                                                 .cnonce = "c",
                                                 .nc = 1});
  }
  return 0;
}
