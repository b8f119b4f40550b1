#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sipcast::rest {

/// The first key that an object of this JSON text has twice: parsers disagree on which value counts
/// (RFC 8259 §4), so nobody may rely on one. None for text that is no JSON.
std::optional<std::string> duplicate_key(std::string_view json);

}  // namespace sipcast::rest
