// Any bytes as a SIP message: what is read can be written and read again.
#include <cstdlib>

#include "sip/message.hpp"

using namespace sipcast;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView bytes(data, size);
  if (const auto length = sip::framed_length(bytes); length && *length > size) std::abort();
  auto message = sip::Message::parse(bytes, sip::Framing::Datagram);
  if (!message) return 0;
  const std::string wire = message->to_string();
  const auto again = sip::Message::parse(as_bytes(wire), sip::Framing::Stream);
  if (again && again->to_string() != wire) std::abort();
  (void)message->values("Contact");
  (void)message->sdp();
  (void)sip::Received::from_message(std::move(*message));
  return 0;
}
