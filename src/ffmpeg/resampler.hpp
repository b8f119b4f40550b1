#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/result.hpp"

struct SwrContext;

namespace sipcast::ffmpeg {

/// Turns 16-bit mono of one rate into float mono of another, a little faster or slower when asked:
/// that is how two clocks that drift are kept together. One thread at a time.
class Resampler {
 public:
  /// Rates are 8,000-192,000 Hz. Errors: InvalidArgument, Internal, Exhausted.
  static Result<Resampler> create(int in_rate_hz, int out_rate_hz);

  /// Appends what is ready to `out`. Errors: Internal.
  Result<void> convert(std::span<const int16_t> in, std::vector<float>& out);
  /// Appends what is still inside; the next sample begins anew. Errors: Internal.
  Result<void> drain(std::vector<float>& out);
  /// Output samples that are still inside.
  int64_t delay() const;
  /// Spreads `samples` more (or, negative, fewer) over the next `over` output samples, in place of
  /// what was asked before.
  void stretch(int samples, int over);

 private:
  struct Free {
    void operator()(SwrContext* context) const noexcept;
  };
  using Handle = std::unique_ptr<SwrContext, Free>;
  Resampler(Handle handle, int out_rate_hz)
      : handle_(std::move(handle)), out_rate_hz_(out_rate_hz) {}
  Result<void> run(const int16_t* in, size_t count, std::vector<float>& out);

  Handle handle_;
  int out_rate_hz_;
};

}  // namespace sipcast::ffmpeg
