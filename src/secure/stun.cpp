#include "secure/stun.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>

#include "base/check.hpp"

namespace sipcast {
namespace {

constexpr uint32_t kMagicCookie = 0x2112a442;
constexpr uint32_t kFingerprintXor = 0x5354554e;
constexpr size_t kHeaderSize = 20;

enum Attribute : uint16_t {
  kUsername = 0x0006,
  kMessageIntegrity = 0x0008,
  kErrorCode = 0x0009,
  kUnknownAttributes = 0x000a,
  kRealm = 0x0014,
  kNonce = 0x0015,
  kMessageIntegritySha256 = 0x001c,
  kXorMappedAddress = 0x0020,
  kPriority = 0x0024,
  kUseCandidate = 0x0025,
  kFingerprint = 0x8028,
  kIceControlled = 0x8029,
  kIceControlling = 0x802a,
};

constexpr std::array<uint32_t, 256> kCrcTable = [] {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xedb88320u : 0);
    table[i] = value;
  }
  return table;
}();

/// CRC-32 of ITU V.42 (RFC 8489 §14.7).
uint32_t crc32(BytesView bytes) {
  uint32_t crc = 0xffffffff;
  for (const uint8_t byte : bytes) crc = (crc >> 8) ^ kCrcTable[(crc ^ byte) & 0xff];
  return ~crc;
}

using Sha1 = std::array<uint8_t, 20>;

/// HMAC-SHA1 over the message up to MESSAGE-INTEGRITY, with the length that counts that attribute
/// as the last one (RFC 8489 §14.5). `before` is at most kStunMaxSize bytes.
Sha1 integrity(BytesView before, std::string_view password) {
  std::array<uint8_t, kStunMaxSize> copy;
  CHECK(before.size() >= kHeaderSize && before.size() <= copy.size());
  std::ranges::copy(before, copy.begin());
  const size_t length = before.size() - kHeaderSize + 24;
  copy[2] = static_cast<uint8_t>(length >> 8);
  copy[3] = static_cast<uint8_t>(length);
  Sha1 digest{};
  unsigned size = 0;
  CHECK(HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), copy.data(),
             before.size(), digest.data(), &size) != nullptr);
  return digest;
}

SocketAddress parse_xor_address(BytesView value, const StunTransactionId& transaction) {
  ByteReader in(value);
  in.skip(1);
  const uint8_t family = in.u8();
  const auto port = static_cast<uint16_t>(in.u16() ^ (kMagicCookie >> 16));
  const size_t size = family == 1 ? 4 : family == 2 ? 16 : 0;
  const BytesView masked = in.rest();
  if (in.failed() || size == 0 || masked.size() != size) return {};
  Bytes mask;
  ByteWriter(mask).u32(kMagicCookie);
  ByteWriter(mask).bytes(transaction);
  std::array<uint8_t, 16> ip{};
  for (size_t i = 0; i < size; ++i) ip[i] = masked[i] ^ mask[i];
  return SocketAddress::from_ip_bytes(BytesView(ip).first(size), port);
}

/// Takes what one attribute says into `view`. False when it is malformed.
bool take(StunView& view, uint16_t type, BytesView value) {
  switch (type) {
    case kUsername:
      view.username = as_text(value);
      return value.size() <= 513;  // RFC 8489 §14.3
    case kUseCandidate:
      view.use_candidate = true;
      return true;
    case kPriority:
      view.priority = ByteReader(value).u32();
      return value.size() == 4;
    case kIceControlled:
      view.controlled = true;
      return value.size() == 8;
    case kIceControlling:
      view.controlling = true;
      return value.size() == 8;
    case kXorMappedAddress:
      view.mapped = parse_xor_address(value, view.transaction);
      return true;
    case kErrorCode:
      if (value.size() < 4) return false;
      view.error_code = static_cast<uint16_t>((value[2] & 7) * 100 + value[3]);
      return true;
    case kUnknownAttributes:
    case kRealm:
    case kNonce:
    case kMessageIntegritySha256:
      return true;
    default:
      if (type < 0x8000 && view.unknown_count < view.unknown.size()) {
        view.unknown[view.unknown_count++] = type;
      }
      return true;
  }
}

/// Builds one message attribute by attribute.
class Builder {
 public:
  Builder(uint16_t type, const StunTransactionId& transaction) {
    bytes_.reserve(128);
    ByteWriter out(bytes_);
    out.u16(type);
    out.u16(0);
    out.u32(kMagicCookie);
    out.bytes(transaction);
  }
  void attribute(uint16_t type, BytesView value) {
    ByteWriter out(bytes_);
    out.u16(type);
    out.u16(static_cast<uint16_t>(value.size()));
    out.bytes(value);
    while (bytes_.size() % 4 != 0) out.u8(0);
  }
  Bytes finish(std::string_view password) {
    if (!password.empty()) attribute(kMessageIntegrity, integrity(bytes_, password));
    ByteWriter(bytes_).patch_u16(2, static_cast<uint16_t>(bytes_.size() - kHeaderSize + 8));
    Bytes crc;
    ByteWriter(crc).u32(crc32(bytes_) ^ kFingerprintXor);
    attribute(kFingerprint, crc);
    return std::move(bytes_);
  }

 private:
  Bytes bytes_;
};

std::string_view reason(uint16_t code) {
  switch (code) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthenticated";
    case 420:
      return "Unknown Attribute";
    case 487:
      return "Role Conflict";
    default:
      return "Error";
  }
}

}  // namespace

Result<StunView> parse_stun(BytesView datagram) {
  if (datagram.size() > kStunMaxSize) return fail(Errc::BadSyntax);
  StunView view;
  view.datagram = datagram;
  ByteReader in(datagram);
  view.type = in.u16();
  const size_t length = in.u16();
  const uint32_t cookie = in.u32();
  const BytesView transaction = in.bytes(view.transaction.size());
  if (in.failed()) return fail(Errc::Truncated);
  if (cookie != kMagicCookie) return fail(Errc::BadVersion);
  if (view.type >> 14 != 0 || length % 4 != 0 || length != in.remaining()) {
    return fail(Errc::BadSyntax);
  }
  std::ranges::copy(transaction, view.transaction.begin());

  while (in.remaining() > 0) {
    const size_t at = datagram.size() - in.remaining();
    const uint16_t type = in.u16();
    const uint16_t size = in.u16();
    const BytesView value = in.bytes(size);
    in.skip((4u - size % 4u) % 4u);
    if (in.failed()) return fail(Errc::Truncated);
    if (type == kFingerprint) {
      const uint32_t expected = crc32(datagram.first(at)) ^ kFingerprintXor;
      if (size != 4 || in.remaining() != 0 || ByteReader(value).u32() != expected) {
        return fail(Errc::BadSyntax);
      }
      view.has_fingerprint = true;
    } else if (view.integrity_at) {
      continue;
    } else if (type == kMessageIntegrity) {
      if (size != 20) return fail(Errc::BadSyntax);
      view.integrity_at = at;
    } else if (!take(view, type, value)) {
      return fail(Errc::BadSyntax);
    }
  }
  return view;
}

bool verify_integrity(const StunView& message, std::string_view password) {
  if (!message.integrity_at || password.empty()) return false;
  const Sha1 expected = integrity(message.datagram.first(*message.integrity_at), password);
  const BytesView actual = message.datagram.subspan(*message.integrity_at + 4, expected.size());
  return CRYPTO_memcmp(expected.data(), actual.data(), expected.size()) == 0;
}

Bytes make_binding_success(const StunTransactionId& transaction, const SocketAddress& mapped,
                           std::string_view password) {
  Bytes mask;
  ByteWriter(mask).u32(kMagicCookie);
  ByteWriter(mask).bytes(transaction);
  Bytes value;
  ByteWriter out(value);
  out.u8(0);
  out.u8(mapped.is_v6() ? 2 : 1);
  out.u16(static_cast<uint16_t>(mapped.port() ^ (kMagicCookie >> 16)));
  const BytesView ip = mapped.ip_bytes();
  for (size_t i = 0; i < ip.size(); ++i) out.u8(ip[i] ^ mask[i]);

  Builder message(kStunBindingSuccess, transaction);
  message.attribute(kXorMappedAddress, value);
  return message.finish(password);
}

Bytes make_binding_error(const StunTransactionId& transaction, uint16_t code,
                         std::string_view password, std::span<const uint16_t> unknown) {
  Bytes value;
  ByteWriter out(value);
  out.u16(0);
  out.u8(static_cast<uint8_t>(code / 100));
  out.u8(static_cast<uint8_t>(code % 100));
  out.bytes(as_bytes(reason(code)));
  Builder message(kStunBindingError, transaction);
  message.attribute(kErrorCode, value);
  if (!unknown.empty()) {
    Bytes list;
    for (const uint16_t type : unknown) ByteWriter(list).u16(type);
    message.attribute(kUnknownAttributes, list);
  }
  return message.finish(password);
}

namespace {
Bytes make_plain(uint16_t type, const StunTransactionId& transaction) {
  Bytes message;
  ByteWriter out(message);
  out.u16(type);
  out.u16(0);  // no attributes
  out.u32(kMagicCookie);
  out.bytes(transaction);
  return message;
}
}  // namespace

Bytes make_plain_binding_request(const StunTransactionId& transaction) {
  return make_plain(kStunBindingRequest, transaction);
}

Bytes make_binding_indication(const StunTransactionId& transaction) {
  return make_plain(kStunBindingIndication, transaction);
}

Bytes make_binding_request(const StunRequest& request) {
  Builder message(kStunBindingRequest, request.transaction);
  message.attribute(kUsername, as_bytes(request.username));
  static constexpr uint8_t kTieBreaker[8] = {1, 2, 3, 4, 5, 6, 7, 8};
  message.attribute(request.controlled ? kIceControlled : kIceControlling, kTieBreaker);
  if (request.use_candidate) message.attribute(kUseCandidate, {});
  static constexpr uint8_t kHostPriority[4] = {0x7e, 0, 0x1e, 0xff};
  message.attribute(kPriority, kHostPriority);
  if (request.extra_attribute) message.attribute(*request.extra_attribute, {});
  return message.finish(request.password);
}

}  // namespace sipcast
