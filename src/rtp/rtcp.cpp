#include "rtp/rtcp.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace sipcast::rtcp {
namespace {
// Packet types: RFC 3550 §12.1, RFC 4585 §6.1.
constexpr uint8_t kSenderReport = 200, kReceiverReport = 201, kSdes = 202, kBye = 203,
                  kTransportFeedback = 205, kPayloadFeedback = 206;
// Their feedback message types.
constexpr uint8_t kNackFormat = 1, kPliFormat = 1, kFirFormat = 4, kRembFormat = 15;
constexpr uint8_t kCname = 1;
constexpr uint32_t kRembName = 0x52454d42;  // "REMB"
constexpr size_t kMaxCount = 31;            // a count field has five bits

ReportBlock read_block(ByteReader& in) {
  ReportBlock block;
  block.ssrc = Ssrc{in.u32()};
  block.fraction_lost = in.u8();
  const uint32_t lost = in.u24();
  block.cumulative_lost = static_cast<int32_t>(lost << 8) >> 8;  // sign of 24 bits
  block.highest_sequence = in.u32();
  block.jitter = in.u32();
  block.last_sr = in.u32();
  block.delay_since_last_sr = in.u32();
  return block;
}

std::vector<ReportBlock> read_blocks(ByteReader& in, uint8_t count) {
  std::vector<ReportBlock> blocks;
  for (uint8_t i = 0; i < count && !in.failed(); ++i) blocks.push_back(read_block(in));
  return blocks;
}

SenderReport read_sender_report(ByteReader& in, uint8_t count) {
  SenderReport report;
  report.ssrc = Ssrc{in.u32()};
  report.ntp = in.u64();
  report.timestamp = RtpTimestamp{in.u32()};
  report.packets = in.u32();
  report.octets = in.u32();
  report.blocks = read_blocks(in, count);
  return report;
}

/// RFC 3550 §6.5: chunks of an SSRC and items, ended by a zero and filled up to whole words.
void read_sdes(ByteReader& in, uint8_t count, std::vector<Packet>& out) {
  for (uint8_t chunk = 0; chunk < count && !in.failed(); ++chunk) {
    Sdes sdes;
    sdes.ssrc = Ssrc{in.u32()};
    size_t size = 0;
    bool named = false;
    while (!in.failed()) {
      const uint8_t type = in.u8();
      ++size;
      if (type == 0) break;
      const BytesView text = in.bytes(in.u8());
      size += 1 + text.size();
      if (type != kCname) continue;
      sdes.cname = as_text(text);
      named = true;
    }
    in.skip((4 - size % 4) % 4);
    if (named && !in.failed()) out.emplace_back(std::move(sdes));
  }
}

void read_bye(ByteReader& in, uint8_t count, std::vector<Packet>& out) {
  Bye bye;
  for (uint8_t i = 0; i < count && !in.failed(); ++i) bye.ssrcs.push_back(Ssrc{in.u32()});
  out.emplace_back(std::move(bye));
}

void read_nack(ByteReader& in, Ssrc sender, Ssrc media, std::vector<Packet>& out) {
  Nack nack{.sender = sender, .media = media, .lost = {}};
  while (in.remaining() > 0 && !in.failed()) {
    const SequenceNumber first(in.u16());
    const unsigned following = in.u16();
    nack.lost.push_back(first);
    for (int bit = 0; bit < 16; ++bit) {
      if (following >> bit & 1) nack.lost.push_back(first.plus(bit + 1));
    }
  }
  out.emplace_back(std::move(nack));
}

void read_fir(ByteReader& in, Ssrc sender, std::vector<Packet>& out) {
  while (in.remaining() > 0 && !in.failed()) {
    const Ssrc media{in.u32()};  // the header's media SSRC means nothing here
    const uint8_t command = in.u8();
    in.skip(3);
    out.emplace_back(Fir{.sender = sender, .media = media, .command = command});
  }
}

void read_remb(ByteReader& in, Ssrc sender, std::vector<Packet>& out) {
  if (in.u32() != kRembName) return;  // another application layer message
  const unsigned count = in.u8();
  const uint32_t rate = in.u24();
  in.skip(size_t{4} * count);
  const unsigned exponent = rate >> 18;
  const uint64_t mantissa = rate & 0x3ffff;
  const bool fits = exponent <= 45;  // 18 + 45 < 64 bits
  out.emplace_back(Remb{.sender = sender, .bitrate_bps = fits ? mantissa << exponent : UINT64_MAX});
}

void read_feedback(ByteReader& in, uint8_t type, uint8_t format, std::vector<Packet>& out) {
  const Ssrc sender{in.u32()};
  const Ssrc media{in.u32()};
  if (type == kTransportFeedback) {
    if (format == kNackFormat) read_nack(in, sender, media, out);
  } else if (format == kPliFormat) {
    out.emplace_back(Pli{.sender = sender, .media = media});
  } else if (format == kFirFormat) {
    read_fir(in, sender, out);
  } else if (format == kRembFormat) {
    read_remb(in, sender, out);
  }
}

/// Appends what one packet's body says; false when the body is too short.
bool read_body(uint8_t type, uint8_t count, BytesView body, std::vector<Packet>& out) {
  ByteReader in(body);
  switch (type) {
    case kSenderReport:
      out.emplace_back(read_sender_report(in, count));
      break;
    case kReceiverReport: {
      const Ssrc ssrc{in.u32()};
      out.emplace_back(ReceiverReport{.ssrc = ssrc, .blocks = read_blocks(in, count)});
      break;
    }
    case kSdes:
      read_sdes(in, count, out);
      break;
    case kBye:
      read_bye(in, count, out);
      break;
    case kTransportFeedback:
    case kPayloadFeedback:
      read_feedback(in, type, count, out);
      break;
    default:
      break;
  }
  return !in.failed();
}

/// Writes a header when made, and its length when it ends.
class OpenPacket {
 public:
  OpenPacket(Bytes& out, size_t count, uint8_t type) : out_(out), begin_(out.size()) {
    ByteWriter writer(out);
    writer.u8(static_cast<uint8_t>(0x80 | count));
    writer.u8(type);
    writer.u16(0);
  }
  ~OpenPacket() {
    ByteWriter(out_).patch_u16(begin_ + 2, static_cast<uint16_t>((out_.size() - begin_) / 4 - 1));
  }
  OpenPacket(const OpenPacket&) = delete;
  OpenPacket& operator=(const OpenPacket&) = delete;

 private:
  Bytes& out_;
  size_t begin_;
};

void write_blocks(const std::vector<ReportBlock>& blocks, ByteWriter& writer) {
  for (size_t i = 0; i < std::min(blocks.size(), kMaxCount); ++i) {
    const ReportBlock& block = blocks[i];
    writer.u32(block.ssrc.value);
    writer.u8(block.fraction_lost);
    writer.u24(static_cast<uint32_t>(block.cumulative_lost) & 0xffffff);
    writer.u32(block.highest_sequence);
    writer.u32(block.jitter);
    writer.u32(block.last_sr);
    writer.u32(block.delay_since_last_sr);
  }
}

struct Writer {
  Bytes& out;

  void operator()(const SenderReport& report) const {
    const OpenPacket open(out, std::min(report.blocks.size(), kMaxCount), kSenderReport);
    ByteWriter writer(out);
    writer.u32(report.ssrc.value);
    writer.u64(report.ntp);
    writer.u32(report.timestamp.value);
    writer.u32(report.packets);
    writer.u32(report.octets);
    write_blocks(report.blocks, writer);
  }
  void operator()(const ReceiverReport& report) const {
    const OpenPacket open(out, std::min(report.blocks.size(), kMaxCount), kReceiverReport);
    ByteWriter writer(out);
    writer.u32(report.ssrc.value);
    write_blocks(report.blocks, writer);
  }
  void operator()(const Sdes& sdes) const {
    const OpenPacket open(out, 1, kSdes);
    ByteWriter writer(out);
    const auto cname = as_bytes(sdes.cname).first(std::min<size_t>(sdes.cname.size(), 255));
    writer.u32(sdes.ssrc.value);
    writer.u8(kCname);
    writer.u8(static_cast<uint8_t>(cname.size()));
    writer.bytes(cname);
    for (size_t zeros = 4 - (2 + cname.size()) % 4; zeros > 0; --zeros) writer.u8(0);
  }
  void operator()(const Bye& bye) const {
    const size_t count = std::min(bye.ssrcs.size(), kMaxCount);
    const OpenPacket open(out, count, kBye);
    for (size_t i = 0; i < count; ++i) ByteWriter(out).u32(bye.ssrcs[i].value);
  }
  void operator()(const Pli& pli) const {
    const OpenPacket open(out, kPliFormat, kPayloadFeedback);
    ByteWriter writer(out);
    writer.u32(pli.sender.value);
    writer.u32(pli.media.value);
  }
  void operator()(const Fir& fir) const {
    const OpenPacket open(out, kFirFormat, kPayloadFeedback);
    ByteWriter writer(out);
    writer.u32(fir.sender.value);
    writer.u32(0);  // RFC 5104 §4.3.1.2: not used, zero
    writer.u32(fir.media.value);
    writer.u8(fir.command);
    writer.u24(0);
  }
  void operator()(const Nack& nack) const {
    const OpenPacket open(out, kNackFormat, kTransportFeedback);
    ByteWriter writer(out);
    writer.u32(nack.sender.value);
    writer.u32(nack.media.value);
    for (size_t i = 0; i < nack.lost.size();) {
      const SequenceNumber first = nack.lost[i++];
      unsigned following = 0;
      for (; i < nack.lost.size(); ++i) {
        const int distance = nack.lost[i].distance_from(first);
        if (distance < 1 || distance > 16) break;
        following |= 1u << (distance - 1);
      }
      writer.u16(first.value());
      writer.u16(static_cast<uint16_t>(following));
    }
  }
  void operator()(const Remb& remb) const {
    const OpenPacket open(out, kRembFormat, kPayloadFeedback);
    ByteWriter writer(out);
    writer.u32(remb.sender.value);
    writer.u32(0);
    writer.u32(kRembName);
    writer.u8(0);  // SSRCs that follow
    uint32_t exponent = 0;
    while (remb.bitrate_bps >> exponent > 0x3ffff) ++exponent;
    writer.u24(exponent << 18 | static_cast<uint32_t>(remb.bitrate_bps >> exponent));
  }
};
}  // namespace

Result<std::vector<Packet>> parse(BytesView datagram) {
  std::vector<Packet> packets;
  ByteReader in(datagram);
  do {
    const unsigned flags = in.u8();
    const uint8_t type = in.u8();
    BytesView body = in.bytes(size_t{4} * in.u16());
    if (in.failed()) return fail(Errc::Truncated);
    if (flags >> 6 != 2) return fail(Errc::BadVersion);
    if (flags & 0x20) {  // only the last packet of a compound may be padded (RFC 3550 §6.4.1)
      const size_t padding = body.empty() ? 0 : body.back();
      if (in.remaining() > 0 || padding == 0 || padding % 4 != 0 || padding > body.size()) {
        return fail(Errc::BadPadding);
      }
      body = body.first(body.size() - padding);
    }
    if (!read_body(type, flags & 0x1f, body, packets)) return fail(Errc::Truncated);
  } while (in.remaining() > 0);
  return packets;
}

void write(const Packet& packet, Bytes& out) { std::visit(Writer{out}, packet); }

Bytes compound(const Packet& report, const std::string& cname, const std::vector<Packet>& more) {
  const auto* sender = std::get_if<SenderReport>(&report);
  const auto* receiver = std::get_if<ReceiverReport>(&report);
  CHECK(sender || receiver);
  Bytes out;
  write(report, out);
  write(Sdes{.ssrc = sender ? sender->ssrc : receiver->ssrc, .cname = cname}, out);
  for (const Packet& packet : more) write(packet, out);
  return out;
}

}  // namespace sipcast::rtcp
