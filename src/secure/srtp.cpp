#include "secure/srtp.hpp"

#include <algorithm>
#include <cstring>

namespace sipcast {
namespace {

uint32_t read_u32(BytesView bytes, size_t at) { return ByteReader(bytes.subspan(at, 4)).u32(); }

std::array<uint8_t, 4> big_endian(uint32_t value) {
  return {static_cast<uint8_t>(value >> 24), static_cast<uint8_t>(value >> 16),
          static_cast<uint8_t>(value >> 8), static_cast<uint8_t>(value)};
}

constexpr uint32_t kEncrypted = 0x80000000;  // the E flag

/// Fixed header, CSRCs and extension (RFC 3550 §5.1); 0 when they do not fit.
size_t rtp_header_size(BytesView packet) {
  ByteReader in(packet);
  const uint8_t flags = in.u8();
  in.skip(11 + 4u * (flags & 0x0f));
  if (flags & 0x10) {
    in.skip(2);
    in.skip(4u * in.u16());
  }
  return in.failed() ? 0 : packet.size() - in.remaining();
}

}  // namespace

bool ReplayWindow::accepts(uint64_t index) const {
  if (index > highest_) return true;
  const uint64_t age = highest_ - index;
  return age < seen_.size() && !seen_[age];
}

void ReplayWindow::add(uint64_t index) {
  if (index > highest_) {
    const uint64_t step = index - highest_;
    if (step < seen_.size()) {
      seen_ <<= step;
    } else {
      seen_.reset();
    }
    highest_ = index;
  }
  const uint64_t age = highest_ - index;
  if (age < seen_.size()) seen_.set(age);
}

Result<SrtpSender> SrtpSender::create(const SrtpMasterKey& master) {
  auto cipher = SrtpCipher::create(master, SrtpCipher::Use::SealRtp);
  if (!cipher) return std::unexpected(cipher.error());
  return SrtpSender(std::move(*cipher));
}

SrtpSender::Source* SrtpSender::source(uint32_t ssrc, uint16_t first) {
  for (size_t i = 0; i < source_count_; ++i) {
    if (sources_[i].ssrc == ssrc) return &sources_[i];
  }
  if (source_count_ == kMaxSources) return nullptr;
  sources_[source_count_] = {.ssrc = ssrc, .highest = first};
  return &sources_[source_count_++];
}

size_t SrtpSender::seal(BytesView header, BytesView payload, std::span<uint8_t> out) {
  const size_t tag_at = header.size() + payload.size();
  const size_t total = tag_at + cipher_.tag_size();
  if (header.size() < 12 || total > out.size()) return 0;
  const auto sequence = static_cast<uint16_t>(header[2] << 8 | header[3]);
  const uint32_t ssrc = read_u32(header, 8);
  Source* known = source(ssrc, sequence);
  if (known == nullptr) return 0;
  const uint64_t index = estimate_index(known->highest, sequence);
  known->highest = std::max(known->highest, index);

  std::memcpy(out.data(), header.data(), header.size());
  const auto rollover = big_endian(static_cast<uint32_t>(index >> 16));
  const bool good = cipher_.seal(
      {.ssrc = ssrc, .index = index, .header = header, .trailer = rollover}, payload,
      out.subspan(header.size(), payload.size()), out.subspan(tag_at, cipher_.tag_size()));
  return good ? total : 0;
}

Result<SrtcpSender> SrtcpSender::create(const SrtpMasterKey& master) {
  auto cipher = SrtpCipher::create(master, SrtpCipher::Use::SealRtcp);
  if (!cipher) return std::unexpected(cipher.error());
  return SrtcpSender(std::move(*cipher));
}

size_t SrtcpSender::seal(BytesView plain, std::span<uint8_t> out) {
  const size_t total = plain.size() + overhead();
  if (plain.size() < 8 || total > out.size() || next_index_ == kEncrypted) return 0;
  const uint32_t index = next_index_++;
  const auto word = big_endian(kEncrypted | index);
  std::memcpy(out.data(), plain.data(), 8);
  // GCM puts the tag before the index, HMAC behind it.
  const bool tag_first = cipher_.tag_size() == 16;
  const size_t tag_at = plain.size() + (tag_first ? 0 : 4);
  const size_t word_at = plain.size() + (tag_first ? cipher_.tag_size() : 0);
  std::ranges::copy(word, out.subspan(word_at).begin());
  const bool good = cipher_.seal(
      {.ssrc = read_u32(plain, 4), .index = index, .header = plain.first(8), .trailer = word},
      plain.subspan(8), out.subspan(8, plain.size() - 8), out.subspan(tag_at, cipher_.tag_size()));
  return good ? total : 0;
}

ReplayWindow* ReplayTable::find(uint32_t ssrc) {
  const auto found = std::ranges::find(sources_, ssrc, &Source::ssrc);
  return found == sources_.end() ? nullptr : &found->window;
}

void ReplayTable::add(uint32_t ssrc, uint64_t index) {
  ReplayWindow* window = find(ssrc);
  if (window == nullptr) window = &sources_.emplace_back(Source{.ssrc = ssrc, .window = {}}).window;
  window->add(index);
}

Result<SrtpReceiver> SrtpReceiver::create(const SrtpMasterKey& master) {
  auto cipher = SrtpCipher::create(master, SrtpCipher::Use::OpenRtp);
  if (!cipher) return std::unexpected(cipher.error());
  return SrtpReceiver(std::move(*cipher));
}

Result<size_t> SrtpReceiver::open(BytesView sealed, std::span<uint8_t> out) {
  const size_t tag_size = cipher_.tag_size();
  if (sealed.size() < 12 + tag_size) return fail(Errc::Truncated);
  if (sealed[0] >> 6 != 2) return fail(Errc::BadVersion);
  const BytesView packet = sealed.first(sealed.size() - tag_size);
  const size_t header_size = rtp_header_size(packet);
  if (header_size == 0) return fail(Errc::Truncated);
  if (out.size() < packet.size()) return fail(Errc::InvalidArgument);

  const auto sequence = static_cast<uint16_t>(sealed[2] << 8 | sealed[3]);
  const uint32_t ssrc = read_u32(sealed, 8);
  const ReplayWindow* known = replay_.find(ssrc);
  if (known == nullptr && replay_.full()) return fail(Errc::Exhausted);
  const uint64_t index = known ? estimate_index(known->highest(), sequence) : sequence;
  if (known != nullptr && !known->accepts(index)) return fail(Errc::AlreadyExists);

  const auto rollover = big_endian(static_cast<uint32_t>(index >> 16));
  if (!cipher_.open(
          {.ssrc = ssrc, .index = index, .header = packet.first(header_size), .trailer = rollover},
          packet.subspan(header_size), sealed.last(tag_size),
          out.subspan(header_size, packet.size() - header_size))) {
    return fail(Errc::Unauthorized);
  }
  std::memcpy(out.data(), packet.data(), header_size);
  replay_.add(ssrc, index);
  return packet.size();
}

Result<SrtcpReceiver> SrtcpReceiver::create(const SrtpMasterKey& master) {
  auto cipher = SrtpCipher::create(master, SrtpCipher::Use::OpenRtcp);
  if (!cipher) return std::unexpected(cipher.error());
  return SrtcpReceiver(std::move(*cipher));
}

Result<size_t> SrtcpReceiver::open(BytesView sealed, std::span<uint8_t> out) {
  const size_t tag_size = cipher_.tag_size();
  if (sealed.size() < 8 + 4 + tag_size) return fail(Errc::Truncated);
  if (sealed[0] >> 6 != 2) return fail(Errc::BadVersion);
  const size_t packet_size = sealed.size() - 4 - tag_size;
  if (out.size() < packet_size) return fail(Errc::InvalidArgument);
  const BytesView packet = sealed.first(packet_size);
  const bool tag_first = tag_size == 16;
  const BytesView tag = sealed.subspan(packet_size + (tag_first ? 0 : 4), tag_size);
  const BytesView word = sealed.subspan(packet_size + (tag_first ? tag_size : 0), 4);

  const uint32_t flag_and_index = read_u32(word, 0);
  const uint64_t index = flag_and_index & ~kEncrypted;
  const uint32_t ssrc = read_u32(sealed, 4);
  const ReplayWindow* known = replay_.find(ssrc);
  if (known == nullptr && replay_.full()) return fail(Errc::Exhausted);
  if (known != nullptr && !known->accepts(index)) return fail(Errc::AlreadyExists);

  const size_t clear = flag_and_index & kEncrypted ? 8 : packet_size;
  if (!cipher_.open({.ssrc = ssrc, .index = index, .header = packet.first(clear), .trailer = word},
                    packet.subspan(clear), tag, out.subspan(clear, packet_size - clear))) {
    return fail(Errc::Unauthorized);
  }
  std::memcpy(out.data(), packet.data(), clear);
  replay_.add(ssrc, index);
  return packet_size;
}

}  // namespace sipcast
