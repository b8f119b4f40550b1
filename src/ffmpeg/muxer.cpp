#include "ffmpeg/muxer.hpp"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/mem.h>
}
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "ffmpeg/libav_handles.hpp"
#include "ffmpeg/libav_log.hpp"

namespace sipcast::ffmpeg {
namespace {

constexpr int kBufferBytes = 64 * 1024;
constexpr AVRational kNanoseconds = {1, 1'000'000'000};

const char* name_of(Container container) {
  switch (container) {
    case Container::Flv:
      return "flv";
    case Container::FragmentedMp4:
      return "mp4";
    case Container::WebM:
      return "webm";
  }
  std::unreachable();
}

bool carries(Container container, FrameCodec codec) {
  switch (container) {
    case Container::Flv:
      return codec == FrameCodec::H264 || codec == FrameCodec::Aac;
    case Container::FragmentedMp4:
      return codec != FrameCodec::Vp8;
    case Container::WebM:
      return codec == FrameCodec::Vp8 || codec == FrameCodec::Opus;
  }
  std::unreachable();
}

AVCodecID id_of(FrameCodec codec) {
  switch (codec) {
    case FrameCodec::H264:
      return AV_CODEC_ID_H264;
    case FrameCodec::Vp8:
      return AV_CODEC_ID_VP8;
    case FrameCodec::Aac:
      return AV_CODEC_ID_AAC;
    case FrameCodec::Opus:
      return AV_CODEC_ID_OPUS;
  }
  std::unreachable();
}

/// Options of one call; what FFmpeg did not know stays in it and is freed.
class Dictionary {
 public:
  Dictionary() = default;
  Dictionary(const Dictionary&) = delete;
  ~Dictionary() { av_dict_free(&entries_); }
  void set(const char* name, const std::string& value) {
    if (!value.empty()) av_dict_set(&entries_, name, value.c_str(), 0);
  }
  AVDictionary** get() { return &entries_; }

 private:
  AVDictionary* entries_ = nullptr;
};

void hide(std::string& text, const std::string& secret) {
  if (secret.size() < 3) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
    text.replace(at, secret.size(), "***");
  }
}

}  // namespace

struct Muxer::State {
  struct Free {
    void operator()(AVFormatContext* context) const noexcept { avformat_free_context(context); }
  };
  ~State() {
    if (format == nullptr || format->pb == nullptr) return;
    if (take) {
      av_freep(static_cast<void*>(&format->pb->buffer));
      avio_context_free(&format->pb);
    } else {
      avio_closep(&format->pb);
    }
  }

  std::unique_ptr<AVFormatContext, Free> format;
  PacketHandle packet{av_packet_alloc()};
  int video = -1, audio = -1;
  Take take;
  bool refused = false;
  Interrupted interrupted;
  RtmpServer server;
  bool keeps_pictures = false;
  FramePtr kept;
  Instant start;
  Duration picture_lasts = std::chrono::milliseconds(40);

  static int write_bytes(void* opaque, uint8_t* bytes, int size, AVIODataMarkerType type,
                         int64_t /*time*/) {
    auto& state = *static_cast<State*>(opaque);
    const Piece piece = type == AVIO_DATA_MARKER_HEADER       ? Piece::Header
                        : type == AVIO_DATA_MARKER_SYNC_POINT ? Piece::FromKeyframe
                                                              : Piece::Other;
    if (state.refused || !state.take({bytes, static_cast<size_t>(size)}, piece)) {
      state.refused = true;
      return AVERROR(EIO);
    }
    return size;
  }

  Error error(std::string_view what, int code, const LibavComplaints& complaints) const {
    if (interrupted && interrupted()) {
      return {Errc::Timeout, std::string(what) + ": the server does not answer"};
    }
    std::string said = complaints.text();
    hide(said, server.url);
    for (const std::string& secret : server.secrets) hide(said, secret);
    Error error = libav_error(Errc::Io, what, code);
    if (!said.empty()) {
      error.cause = fmt::format("{}: {}", what, said);
    } else if (!take && (code == AVERROR(EIO) || code == AVERROR_EOF || code == AVERROR(EPIPE))) {
      error.cause = fmt::format("{}: the server closed the connection", what);
    }
    return error;
  }

  Result<void> write_header(Dictionary& options) {
    const LibavComplaints complaints;
    const int code = avformat_write_header(format.get(), options.get());
    if (code < 0) return std::unexpected(error("cannot begin the container", code, complaints));
    return {};
  }

  Result<int> add_track(const FrameFormat& track) {
    AVStream* stream = avformat_new_stream(format.get(), nullptr);
    if (stream == nullptr) return fail(Errc::Exhausted, "muxer: no memory");
    AVCodecParameters& codec = *stream->codecpar;
    codec.codec_id = id_of(track.codec);
    if (!track.setup.empty()) {
      codec.extradata =
          static_cast<uint8_t*>(av_mallocz(track.setup.size() + AV_INPUT_BUFFER_PADDING_SIZE));
      if (codec.extradata == nullptr) return fail(Errc::Exhausted, "muxer: no memory");
      std::ranges::copy(track.setup, codec.extradata);
      codec.extradata_size = static_cast<int>(track.setup.size());
    }
    if (kind_of(track.codec) == MediaKind::Video) {
      codec.codec_type = AVMEDIA_TYPE_VIDEO;
      codec.width = track.width;
      codec.height = track.height;
      stream->time_base = {1, 90'000};
    } else {
      codec.codec_type = AVMEDIA_TYPE_AUDIO;
      codec.sample_rate = static_cast<int>(track.sample_rate_hz);
      av_channel_layout_default(&codec.ch_layout, track.channels);
      codec.frame_size = track.codec == FrameCodec::Aac ? 1024 : 960;
      // OpusHead says how much its decoders skip (RFC 7845 §5.1); our times have it off already.
      if (track.codec == FrameCodec::Opus && track.setup.size() > 11) {
        codec.initial_padding = track.setup[10] | track.setup[11] << 8;
      }
      stream->time_base = {1, codec.sample_rate};
    }
    return stream->index;
  }
};

Muxer::Muxer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Muxer::Muxer(Muxer&&) noexcept = default;
Muxer& Muxer::operator=(Muxer&&) noexcept = default;
Muxer::~Muxer() = default;

Result<std::unique_ptr<Muxer::State>> Muxer::prepare(Container container, MuxedTracks tracks) {
  if (!tracks.video && !tracks.audio) return fail(Errc::InvalidArgument, "no track to write");
  auto state = std::make_unique<State>();
  AVFormatContext* context = nullptr;
  const int code = avformat_alloc_output_context2(&context, nullptr, name_of(container), nullptr);
  state->format.reset(context);
  if (code < 0) return std::unexpected(libav_error(Errc::Internal, "muxer", code));
  for (const auto& [track, index] :
       {std::pair{tracks.video, &state->video}, std::pair{tracks.audio, &state->audio}}) {
    if (!track) continue;
    if (!carries(container, track->codec)) {
      return fail(Errc::InvalidArgument, fmt::format("{} does not carry {}", name_of(container),
                                                     frame_codec_name(track->codec)));
    }
    const auto added = state->add_track(*track);
    if (!added) return std::unexpected(added.error());
    *index = *added;
  }
  return state;
}

Result<Muxer> Muxer::to_bytes(Container container, MuxedTracks tracks, Take take) {
  auto prepared = prepare(container, std::move(tracks));
  if (!prepared) return std::unexpected(prepared.error());
  State& state = **prepared;
  state.take = std::move(take);
  state.keeps_pictures = container != Container::Flv;
  auto* buffer = static_cast<uint8_t*>(av_malloc(kBufferBytes));
  state.format->pb = buffer == nullptr ? nullptr
                                       : avio_alloc_context(buffer, kBufferBytes, 1, &state,
                                                            nullptr, nullptr, nullptr);
  if (state.format->pb == nullptr) {
    av_free(buffer);
    return fail(Errc::Exhausted, "muxer: no memory");
  }
  state.format->pb->write_data_type = State::write_bytes;
  state.format->pb->seekable = 0;
  state.format->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_FLUSH_PACKETS;
  state.format->avoid_negative_ts = 0;
  Dictionary options;
  if (container == Container::FragmentedMp4) {
    options.set("movflags", "frag_custom+empty_moov+default_base_moof+cmaf");
  } else if (container == Container::WebM) {
    options.set("live", "1");
    options.set("cluster_time_limit", "2000");
  } else {
    options.set("flvflags", "no_duration_filesize");
  }
  if (auto begun = state.write_header(options); !begun) return std::unexpected(begun.error());
  return Muxer(std::move(*prepared));
}

Result<Muxer> Muxer::to_rtmp(const RtmpServer& server, MuxedTracks tracks,
                             Interrupted interrupted) {
  auto prepared = prepare(Container::Flv, std::move(tracks));
  if (!prepared) return std::unexpected(prepared.error());
  State& state = **prepared;
  state.server = server;
  state.interrupted = std::move(interrupted);
  state.format->interrupt_callback = {
      [](void* opaque) { return static_cast<State*>(opaque)->interrupted() ? 1 : 0; }, &state};
  state.format->flags |= AVFMT_FLAG_FLUSH_PACKETS;
  Dictionary protocol;
  protocol.set("rtmp_app", server.app);
  protocol.set("rtmp_playpath", server.playpath);
  protocol.set("rtmp_tcurl", server.tc_url);
  protocol.set("rtmp_flashver", server.flash_version);
  protocol.set("tls_verify", server.verify_tls ? "1" : "0");
  protocol.set("ca_file", server.ca_file);
  const LibavComplaints complaints;
  const int code = avio_open2(&state.format->pb, server.url.c_str(), AVIO_FLAG_WRITE,
                              &state.format->interrupt_callback, protocol.get());
  if (code < 0) return std::unexpected(state.error("cannot publish", code, complaints));
  Dictionary options;
  options.set("flvflags", "no_duration_filesize");
  if (auto begun = state.write_header(options); !begun) return std::unexpected(begun.error());
  return Muxer(std::move(*prepared));
}

Result<void> Muxer::write(const FramePtr& frame, Instant start) {
  if (!state_->keeps_pictures || frame->kind() == MediaKind::Audio) {
    return put(*frame, frame->payload, start, frame->duration);
  }
  state_->start = start;
  const FramePtr before = std::exchange(state_->kept, frame);
  if (!before) return {};
  state_->picture_lasts = frame->dts - before->dts;
  return put(*before, before->payload, start, state_->picture_lasts);
}

Result<void> Muxer::write(const Frame& frame, BytesView payload, Instant start) {
  return put(frame, payload, start, frame.duration);
}

Result<void> Muxer::put(const Frame& frame, BytesView payload, Instant start, Duration duration) {
  State& state = *state_;
  const int index = frame.kind() == MediaKind::Video ? state.video : state.audio;
  if (index < 0) return fail(Errc::InvalidArgument, "a frame of a track that is not written");
  AVPacket& packet = *state.packet;
  int code = av_new_packet(&packet, static_cast<int>(payload.size()));
  if (code < 0) return std::unexpected(libav_error(Errc::Exhausted, "muxer", code));
  std::ranges::copy(payload, packet.data);
  const AVRational base = state.format->streams[index]->time_base;
  const auto ticks = [&](Instant time) {
    const auto since = std::chrono::duration_cast<std::chrono::nanoseconds>(time - start).count();
    return av_rescale_q(since, kNanoseconds, base);
  };
  packet.stream_index = index;
  packet.pts = ticks(frame.pts);
  packet.dts = ticks(frame.dts);
  packet.duration = ticks(start + duration);
  if (frame.keyframe) packet.flags |= AV_PKT_FLAG_KEY;
  const LibavComplaints complaints;
  code = av_write_frame(state.format.get(), &packet);
  av_packet_unref(&packet);
  if (code < 0) return std::unexpected(state.error("cannot write", code, complaints));
  return {};
}

Result<void> Muxer::cut() {
  const LibavComplaints complaints;
  const int code = av_write_frame(state_->format.get(), nullptr);
  avio_flush(state_->format->pb);
  if (code < 0 || state_->refused) {
    return std::unexpected(state_->error("cannot write", code, complaints));
  }
  return {};
}

Result<void> Muxer::finish() {
  if (const FramePtr last = std::exchange(state_->kept, nullptr)) {
    const auto written = put(*last, last->payload, state_->start, state_->picture_lasts);
    if (!written) return written;
  }
  const LibavComplaints complaints;
  const int code = av_write_trailer(state_->format.get());
  avio_flush(state_->format->pb);
  if (code < 0 || state_->refused) {
    return std::unexpected(state_->error("cannot end the container", code, complaints));
  }
  return {};
}

uint64_t Muxer::bytes_written() const {
  const AVIOContext* io = state_->format->pb;
  return io == nullptr || io->bytes_written < 0 ? 0 : static_cast<uint64_t>(io->bytes_written);
}

}  // namespace sipcast::ffmpeg
