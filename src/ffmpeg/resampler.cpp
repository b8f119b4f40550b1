#include "ffmpeg/resampler.hpp"

extern "C" {
#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>
}
#include "ffmpeg/libav_handles.hpp"

namespace sipcast::ffmpeg {

void Resampler::Free::operator()(SwrContext* context) const noexcept { swr_free(&context); }

Result<Resampler> Resampler::create(int in_rate_hz, int out_rate_hz) {
  for (const int rate : {in_rate_hz, out_rate_hz}) {
    if (rate < 8000 || rate > 192'000) {
      return fail(Errc::InvalidArgument, "a sample rate that is not 8,000-192,000 Hz");
    }
  }
  AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
  SwrContext* context = nullptr;
  int code = swr_alloc_set_opts2(&context, &mono, AV_SAMPLE_FMT_FLT, out_rate_hz, &mono,
                                 AV_SAMPLE_FMT_S16, in_rate_hz, 0, nullptr);
  Handle handle(context);
  if (code < 0) return std::unexpected(libav_error(Errc::Exhausted, "resampler", code));
  // Also where the rates are the same: stretching needs it.
  av_opt_set_int(context, "flags", SWR_FLAG_RESAMPLE, 0);
  code = swr_init(context);
  if (code < 0) return std::unexpected(libav_error(Errc::Internal, "resampler", code));
  return Resampler(std::move(handle), out_rate_hz);
}

Result<void> Resampler::run(const int16_t* in, size_t count, std::vector<float>& out) {
  const int room = swr_get_out_samples(handle_.get(), static_cast<int>(count));
  if (room < 0) return std::unexpected(libav_error(Errc::Internal, "resampler", room));
  const size_t before = out.size();
  out.resize(before + static_cast<size_t>(room) + 64);
  auto* to = reinterpret_cast<uint8_t*>(out.data() + before);
  const auto* from = reinterpret_cast<const uint8_t*>(in);
  const int made =
      swr_convert(handle_.get(), &to, room + 64, in ? &from : nullptr, static_cast<int>(count));
  out.resize(before + static_cast<size_t>(made < 0 ? 0 : made));
  if (made < 0) return std::unexpected(libav_error(Errc::Internal, "resampler", made));
  return {};
}

Result<void> Resampler::convert(std::span<const int16_t> in, std::vector<float>& out) {
  return in.empty() ? Result<void>{} : run(in.data(), in.size(), out);
}

Result<void> Resampler::drain(std::vector<float>& out) {
  if (auto drained = run(nullptr, 0, out); !drained) return drained;
  if (const int code = swr_init(handle_.get()); code < 0) {
    return std::unexpected(libav_error(Errc::Internal, "resampler", code));
  }
  return {};
}

int64_t Resampler::delay() const { return swr_get_delay(handle_.get(), out_rate_hz_); }

void Resampler::stretch(int samples, int over) {
  swr_set_compensation(handle_.get(), samples, over);
}

}  // namespace sipcast::ffmpeg
