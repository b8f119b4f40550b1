#pragma once
#include <cstdint>
#include <span>

#include "base/time.hpp"
#include "phone/phone_options.hpp"

namespace sipcast::phone {

/// With Sound::Beep the picture is white during the first 80 ms of each second of media time, and a
/// beep of 1 kHz sounds during its first 100 ms: both begin at the same instant.
constexpr bool is_flash(Duration media_time) {
  return media_time % std::chrono::seconds(1) < std::chrono::milliseconds(80);
}

/// Samples of `sound` from sample number `first` since the start of the call on.
void fill_sound(Sound sound, int rate_hz, uint64_t first, std::span<int16_t> out);

}  // namespace sipcast::phone
