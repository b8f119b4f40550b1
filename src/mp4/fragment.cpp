#include "mp4/fragment.hpp"

#include <optional>
#include <string_view>

namespace sipcast::mp4 {
namespace {

constexpr uint32_t kVideoTrack = 1, kAudioTrack = 2;
constexpr uint32_t kMovieTimescale = 1000;

/// A box around what `content` writes (§4.2).
template <class F>
void box(ByteWriter& out, std::string_view type, F content) {
  const size_t start = out.size();
  out.u32(0);
  out.bytes(as_bytes(type));
  content();
  out.patch_u32(start, static_cast<uint32_t>(out.size() - start));
}
template <class F>
void full_box(ByteWriter& out, std::string_view type, uint8_t version, uint32_t flags, F content) {
  box(out, type, [&] {
    out.u8(version);
    out.u24(flags);
    content();
  });
}

void zeros(ByteWriter& out, size_t count) {
  for (size_t i = 0; i < count; ++i) out.u8(0);
}

void matrix(ByteWriter& out) {  // the identity
  for (const uint32_t value : {0x10000u, 0u, 0u, 0u, 0x10000u, 0u, 0u, 0u, 0x40000000u}) {
    out.u32(value);
  }
}

void movie_header(ByteWriter& out) {
  full_box(out, "mvhd", 0, 0, [&] {
    zeros(out, 8);  // times of creation and change
    out.u32(kMovieTimescale);
    out.u32(0);        // duration: fragments follow
    out.u32(0x10000);  // rate 1
    out.u16(0x100);    // volume 1
    zeros(out, 10);
    matrix(out);
    zeros(out, 24);
    out.u32(kAudioTrack + 1);  // next track
  });
}

void track_header(ByteWriter& out, uint32_t id, const FrameFormat& format) {
  full_box(out, "tkhd", 0, 3, [&] {  // enabled, in the movie
    zeros(out, 8);
    out.u32(id);
    zeros(out, 4 + 4 + 8 + 2 + 2);  // duration, layer, group
    out.u16(kind_of(format.codec) == MediaKind::Audio ? 0x100 : 0);
    zeros(out, 2);
    matrix(out);
    out.u32(uint32_t{format.width} << 16);
    out.u32(uint32_t{format.height} << 16);
  });
}

void video_entry(ByteWriter& out, const FrameFormat& format) {
  box(out, "avc1", [&] {
    zeros(out, 6);
    out.u16(1);  // data reference
    zeros(out, 16);
    out.u16(format.width);
    out.u16(format.height);
    out.u32(0x480000);  // 72 dpi
    out.u32(0x480000);
    zeros(out, 4);
    out.u16(1);      // a frame a sample
    zeros(out, 32);  // no name
    out.u16(24);     // depth
    out.u16(0xffff);
    box(out, "avcC", [&] { out.bytes(format.setup); });
  });
}

/// ISO 14496-1 §7.2.6, with lengths of one byte: an AudioSpecificConfig has a few bytes.
void elementary_stream(ByteWriter& out, BytesView config) {
  const auto size = static_cast<uint8_t>(config.size());
  full_box(out, "esds", 0, 0, [&] {
    out.u8(3);  // ES_Descriptor
    out.u8(static_cast<uint8_t>(23 + size));
    out.u16(kAudioTrack);
    out.u8(0);
    out.u8(4);  // DecoderConfigDescriptor
    out.u8(static_cast<uint8_t>(15 + size));
    out.u8(0x40);  // MPEG-4 audio
    out.u8(0x15);  // an audio stream
    zeros(out, 11);
    out.u8(5);  // DecoderSpecificInfo
    out.u8(size);
    out.bytes(config);
    out.u8(6);  // SLConfigDescriptor: as in MP4 files
    out.u8(1);
    out.u8(2);
  });
}

void audio_entry(ByteWriter& out, const FrameFormat& format) {
  box(out, "mp4a", [&] {
    zeros(out, 6);
    out.u16(1);
    zeros(out, 8);
    out.u16(format.channels);
    out.u16(16);
    zeros(out, 4);
    out.u32(format.sample_rate_hz << 16);
    elementary_stream(out, format.setup);
  });
}

void sample_tables(ByteWriter& out, const FrameFormat& format) {
  box(out, "stbl", [&] {
    full_box(out, "stsd", 0, 0, [&] {
      out.u32(1);
      kind_of(format.codec) == MediaKind::Video ? video_entry(out, format)
                                                : audio_entry(out, format);
    });
    for (const std::string_view table : {"stts", "stsc", "stco"}) {
      full_box(out, table, 0, 0, [&] { out.u32(0); });
    }
    full_box(out, "stsz", 0, 0, [&] { zeros(out, 8); });
  });
}

void track(ByteWriter& out, uint32_t id, const FrameFormat& format) {
  const bool video = kind_of(format.codec) == MediaKind::Video;
  box(out, "trak", [&] {
    track_header(out, id, format);
    box(out, "mdia", [&] {
      full_box(out, "mdhd", 0, 0, [&] {
        zeros(out, 8);
        out.u32(video ? kVideoTimescale : format.sample_rate_hz);
        out.u32(0);
        out.u16(0x55c4);  // language "und"
        out.u16(0);
      });
      full_box(out, "hdlr", 0, 0, [&] {
        out.u32(0);
        out.bytes(as_bytes(video ? "vide" : "soun"));
        zeros(out, 12 + 1);  // and an empty name
      });
      box(out, "minf", [&] {
        if (video) {
          full_box(out, "vmhd", 0, 1, [&] { zeros(out, 8); });
        } else {
          full_box(out, "smhd", 0, 0, [&] { zeros(out, 4); });
        }
        box(out, "dinf", [&] {
          full_box(out, "dref", 0, 0, [&] {
            out.u32(1);
            full_box(out, "url ", 0, 1, [] {});  // in this file
          });
        });
        sample_tables(out, format);
      });
    });
  });
}

Result<void> check(const FrameFormat* format, FrameCodec wanted) {
  if (format && format->codec != wanted) {
    return fail(Errc::Unsupported, std::string(frame_codec_name(format->codec)) +
                                       " is not carried here, only H264 and AAC are");
  }
  if (format && wanted == FrameCodec::Aac && (format->setup.size() > 64 || format->setup.empty())) {
    return fail(Errc::InvalidArgument, "the AudioSpecificConfig has no size that can be");
  }
  return {};
}

/// One track of a moof; returns where its data offset is to be written.
std::optional<size_t> track_fragment(ByteWriter& out, uint32_t id,
                                     std::span<const Sample> samples) {
  if (samples.empty()) return {};
  size_t data_offset = 0;
  const bool video = id == kVideoTrack;
  box(out, "traf", [&] {
    full_box(out, "tfhd", 0, 0x20000, [&] { out.u32(id); });  // offsets begin at the moof
    full_box(out, "tfdt", 1, 0, [&] { out.u64(samples.front().dts); });
    // Offset, durations, sizes; for video also flags and signed composition times.
    full_box(out, "trun", 1, video ? 0xf01 : 0x301, [&] {
      out.u32(static_cast<uint32_t>(samples.size()));
      data_offset = out.size();
      out.u32(0);
      for (const Sample& sample : samples) {
        out.u32(sample.duration);
        out.u32(static_cast<uint32_t>(sample.payload.size()));
        if (!video) continue;
        out.u32(sample.keyframe ? 0x2000000 : 0x1010000);  // depends on none; on others, no sync
        out.u32(static_cast<uint32_t>(sample.composition));
      }
    });
  });
  return data_offset;
}

size_t payload_bytes(std::span<const Sample> samples) {
  size_t total = 0;
  for (const Sample& sample : samples) total += sample.payload.size();
  return total;
}

}  // namespace

Result<Bytes> init_section(const FrameFormat* video, const FrameFormat* audio) {
  if (!video && !audio) return fail(Errc::InvalidArgument, "no track to write");
  if (auto good = check(video, FrameCodec::H264); !good) return std::unexpected(good.error());
  if (auto good = check(audio, FrameCodec::Aac); !good) return std::unexpected(good.error());
  Bytes bytes;
  ByteWriter out(bytes);
  box(out, "ftyp", [&] {
    out.bytes(as_bytes("iso6"));
    out.u32(0);
    out.bytes(as_bytes("iso6cmfcmp41"));
  });
  box(out, "moov", [&] {
    movie_header(out);
    if (video) track(out, kVideoTrack, *video);
    if (audio) track(out, kAudioTrack, *audio);
    box(out, "mvex", [&] {
      for (const auto& [format, id] :
           {std::pair{video, kVideoTrack}, std::pair{audio, kAudioTrack}}) {
        if (!format) continue;
        full_box(out, "trex", 0, 0, [&] {
          out.u32(id);
          out.u32(1);  // sample description
          zeros(out, 12);
        });
      }
    });
  });
  return bytes;
}

Bytes fragment(uint32_t sequence, std::span<const Sample> video, std::span<const Sample> audio) {
  const size_t video_bytes = payload_bytes(video), audio_bytes = payload_bytes(audio);
  Bytes bytes;
  bytes.reserve(200 + 16 * video.size() + 8 * audio.size() + video_bytes + audio_bytes);
  ByteWriter out(bytes);
  std::optional<size_t> video_offset, audio_offset;
  box(out, "moof", [&] {
    full_box(out, "mfhd", 0, 0, [&] { out.u32(sequence); });
    video_offset = track_fragment(out, kVideoTrack, video);
    audio_offset = track_fragment(out, kAudioTrack, audio);
  });
  const size_t data = out.size() + 8;
  if (video_offset) out.patch_u32(*video_offset, static_cast<uint32_t>(data));
  if (audio_offset) out.patch_u32(*audio_offset, static_cast<uint32_t>(data + video_bytes));
  box(out, "mdat", [&] {
    for (const Sample& sample : video) out.bytes(sample.payload);
    for (const Sample& sample : audio) out.bytes(sample.payload);
  });
  return bytes;
}

}  // namespace sipcast::mp4
