#include "phone/sound.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace sipcast::phone {
namespace {

int16_t sine(double amplitude, int hz, uint64_t sample, int rate_hz) {
  const double t = static_cast<double>(sample) / rate_hz;
  return static_cast<int16_t>(
      std::lround(amplitude * 32767 * std::sin(2 * std::numbers::pi * hz * t)));
}

}  // namespace

void fill_sound(Sound sound, int rate_hz, uint64_t first, std::span<int16_t> out) {
  const auto rate = static_cast<uint64_t>(rate_hz);
  for (size_t i = 0; i < out.size(); ++i) {
    const uint64_t in_second = (first + i) % rate;  // both tones have whole periods in a second
    switch (sound) {
      case Sound::Tone:
        out[i] = sine(0.25, 440, in_second, rate_hz);
        break;
      case Sound::Beep:
        out[i] = in_second < rate / 10 ? sine(0.5, 1000, in_second, rate_hz) : int16_t{0};
        break;
      case Sound::Silence:
        out[i] = 0;
        break;
    }
  }
}

}  // namespace sipcast::phone
