#include "base/check.hpp"
#include "secure/stun.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = parse_stun({data, size});
  if (!message) return 0;
  verify_integrity(*message, "password");
  CHECK(message->unknown_count <= message->unknown.size());
  // What we would answer is always readable.
  const auto unknown = std::span(message->unknown).first(message->unknown_count);
  const Bytes answer = make_binding_error(message->transaction, 420, "password", unknown);
  const auto read_back = parse_stun(answer);
  CHECK(read_back && verify_integrity(*read_back, "password"));
  return 0;
}
