// What the test phone hears is decoded by libavcodec: payloads of any bytes, one after the other.
// The first byte picks the codec; then each payload has a length byte in front.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "base/check.hpp"
#include "ffmpeg/audio_decoder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sipcast;
  constexpr std::array kCodecs{Codec::Opus, Codec::G722, Codec::Pcma, Codec::Pcmu};
  ByteReader in({data, size});
  auto decoder = ffmpeg::AudioDecoder::create(kCodecs[in.u8() % kCodecs.size()]);
  CHECK(decoder.has_value());
  while (in.remaining() > 0) {
    const size_t wanted = in.u8();
    const BytesView payload = in.bytes(std::min(wanted, in.remaining()));
    const auto samples = decoder->decode(payload);
    if (samples) CHECK(samples->size() <= 48'000);
  }
  return 0;
}
