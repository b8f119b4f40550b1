#include "ffmpeg/progressive_mp4.hpp"

extern "C" {
#include <libavformat/avformat.h>
}

#include <memory>
#include <vector>

#include "ffmpeg/libav_handles.hpp"

namespace sipcast::ffmpeg {
namespace {

struct CloseInput {
  void operator()(AVFormatContext* context) const noexcept { avformat_close_input(&context); }
};
struct CloseOutput {
  void operator()(AVFormatContext* context) const noexcept {
    avio_closep(&context->pb);
    avformat_free_context(context);
  }
};
using Input = std::unique_ptr<AVFormatContext, CloseInput>;
using Output = std::unique_ptr<AVFormatContext, CloseOutput>;

std::unexpected<Error> failed(std::string_view what, int code) {
  return std::unexpected(libav_error(Errc::Io, what, code));
}

Result<Input> open_input(const std::string& path) {
  AVFormatContext* context = nullptr;
  const AVInputFormat* mp4 = av_find_input_format("mp4");
  int code = avformat_open_input(&context, ("file:" + path).c_str(), mp4, nullptr);
  if (code < 0) return std::unexpected(libav_error(Errc::BadSyntax, "cannot read the MP4", code));
  Input input(context);
  code = avformat_find_stream_info(context, nullptr);
  if (code < 0) return std::unexpected(libav_error(Errc::BadSyntax, "cannot read the MP4", code));
  return input;
}

Result<Output> open_output(const std::string& path, const AVFormatContext& like) {
  AVFormatContext* context = nullptr;
  const std::string url = "file:" + path;
  int code = avformat_alloc_output_context2(&context, nullptr, "mp4", url.c_str());
  if (code < 0) return failed("cannot write the MP4", code);
  Output output(context);
  for (unsigned i = 0; i < like.nb_streams; ++i) {
    AVStream* stream = avformat_new_stream(context, nullptr);
    if (stream == nullptr) return fail(Errc::Exhausted, "progressive MP4: no memory");
    code = avcodec_parameters_copy(stream->codecpar, like.streams[i]->codecpar);
    if (code < 0) return failed("cannot write the MP4", code);
    stream->codecpar->codec_tag = 0;
    stream->time_base = like.streams[i]->time_base;
  }
  code = avio_open(&context->pb, url.c_str(), AVIO_FLAG_WRITE);
  if (code < 0) return failed("cannot write the MP4", code);
  AVDictionary* options = nullptr;
  av_dict_set(&options, "movflags", "faststart", 0);
  code = avformat_write_header(context, &options);
  av_dict_free(&options);
  if (code < 0) return failed("cannot write the MP4", code);
  return output;
}

}  // namespace

Result<void> make_progressive_mp4(const std::string& from, const std::string& to) {
  const auto input = open_input(from);
  if (!input) return std::unexpected(input.error());
  const auto output = open_output(to, **input);
  if (!output) return std::unexpected(output.error());
  const PacketHandle packet(av_packet_alloc());
  if (!packet) return fail(Errc::Exhausted, "progressive MP4: no memory");
  int code = 0;
  while ((code = av_read_frame(input->get(), packet.get())) >= 0) {
    const auto index = static_cast<unsigned>(packet->stream_index);
    av_packet_rescale_ts(packet.get(), (*input)->streams[index]->time_base,
                         (*output)->streams[index]->time_base);
    packet->pos = -1;
    code = av_interleaved_write_frame(output->get(), packet.get());  // takes the packet
    if (code < 0) return failed("cannot write the MP4", code);
  }
  if (code != AVERROR_EOF) return failed("cannot read the MP4", code);
  code = av_write_trailer(output->get());
  if (code < 0) return failed("cannot write the MP4", code);
  return {};
}

}  // namespace sipcast::ffmpeg
