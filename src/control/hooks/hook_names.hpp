#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace sipcast {

/// What becomes of a back-end's answer (wcs-rest 13).
enum class HookType : uint8_t {
  Connect,   ///< anything but a good answer refuses the session
  Direct,    ///< asked before something is done for a client
  Incoming,  ///< asked before something that comes from SIP is taken
  Event,     ///< told, and tried again when it did not arrive
};

/// The methods of WCS by their names, also those that this server has no reason to send; none for
/// others.
std::optional<HookType> hook_type(std::string_view method);

}  // namespace sipcast
