#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/socket_address.hpp"

namespace sipcast {

constexpr uint16_t kStunBindingRequest = 0x0001;
constexpr uint16_t kStunBindingIndication = 0x0011;
constexpr uint16_t kStunBindingSuccess = 0x0101;
constexpr uint16_t kStunBindingError = 0x0111;
constexpr size_t kStunMaxSize = 1500;

using StunTransactionId = std::array<uint8_t, 12>;

/// What ICE needs of one STUN message (RFC 8489, RFC 8445 §16). Views point into the datagram.
struct StunView {
  uint16_t type = 0;  ///< method and class, e.g. kStunBindingRequest
  StunTransactionId transaction{};
  std::string_view username;
  bool use_candidate = false;
  bool controlling = false;  ///< ICE-CONTROLLING is there
  bool controlled = false;   ///< ICE-CONTROLLED is there
  uint32_t priority = 0;
  uint16_t error_code = 0;             ///< of an error response, else 0
  SocketAddress mapped;                ///< XOR-MAPPED-ADDRESS of a success response
  bool has_fingerprint = false;        ///< then it was right
  std::array<uint16_t, 8> unknown{};   ///< comprehension-required attributes that we do not know
  size_t unknown_count = 0;            ///< at most 8 are kept
  std::optional<size_t> integrity_at;  ///< offset of MESSAGE-INTEGRITY
  BytesView datagram;
};

/// Parses one datagram of at most kStunMaxSize bytes. Attributes behind MESSAGE-INTEGRITY count for
/// nothing, but for FINGERPRINT. Errors: Truncated, BadVersion (no magic cookie), BadSyntax
/// (lengths that do not fit, a wrong FINGERPRINT, a malformed attribute).
Result<StunView> parse_stun(BytesView datagram);

/// Whether MESSAGE-INTEGRITY is there and made with `password` (short-term credentials,
/// RFC 8489 §9.1). In constant time.
bool verify_integrity(const StunView& message, std::string_view password);

/// A success response with XOR-MAPPED-ADDRESS, MESSAGE-INTEGRITY and FINGERPRINT.
Bytes make_binding_success(const StunTransactionId& transaction, const SocketAddress& mapped,
                           std::string_view password);

/// An error response: 400, 401, 420 (with `unknown`), 487. An empty `password` leaves
/// MESSAGE-INTEGRITY out, as RFC 8489 §9.1.3 wants for 400 and 401.
Bytes make_binding_error(const StunTransactionId& transaction, uint16_t code,
                         std::string_view password, std::span<const uint16_t> unknown = {});

/// A request without attributes, as a keep-alive to a SIP server is (RFC 5626 §4.4.2).
Bytes make_plain_binding_request(const StunTransactionId& transaction);

/// An indication without attributes: opens a NAT and keeps it open, and wants no answer
/// (RFC 8489 §6.1, RFC 6263 §4.6).
Bytes make_binding_indication(const StunTransactionId& transaction);

/// What a browser sends: here for tests, fuzzers and simulated viewers.
struct StunRequest {
  StunTransactionId transaction{};
  std::string_view username;
  std::string_view password;
  bool use_candidate = false;
  bool controlled = false;                  ///< the wrong role, towards ICE-lite
  std::optional<uint16_t> extra_attribute;  ///< an empty attribute of this type
};
Bytes make_binding_request(const StunRequest& request);

}  // namespace sipcast
