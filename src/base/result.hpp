#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>

namespace sipcast {

/// Why something was refused. One short list for the whole server; only the code may decide
/// anything, the cause is for people.
enum class Errc : uint8_t {
  Truncated,        ///< the bytes end before the thing does
  BadVersion,       ///< a version field that we do not speak
  BadPadding,       ///< padding that does not fit
  BadSyntax,        ///< bytes that do not follow the grammar
  InvalidArgument,  ///< a value outside of its range; the cause names it
  Unauthorized,     ///< credentials missing or wrong
  Forbidden,        ///< understood, and refused by a rule
  NotFound,         ///< no such call, stream, file
  AlreadyExists,    ///< the name is taken
  NoCommonCodec,    ///< two sides that share no codec
  Exhausted,        ///< a bound is reached: ports, queue, connections
  Timeout,          ///< a peer was silent for too long
  Refused,          ///< a peer said no
  Unsupported,      ///< known, and not done here
  Io,               ///< the operating system said no
  Internal,         ///< our own fault
};

struct Error {
  Errc code;
  std::string cause;  ///< a sentence for people: reply and log
};

/// A T or an Error. The compiler does not let anyone ignore it.
template <class T>
class [[nodiscard]] Result : public std::expected<T, Error> {
 public:
  using std::expected<T, Error>::expected;
};

inline std::unexpected<Error> fail(Errc code, std::string cause = {}) {
  return std::unexpected<Error>(Error{code, std::move(cause)});
}

/// The name of a code as logs and metrics show it, e.g. "not_found".
std::string_view to_string(Errc code);

}  // namespace sipcast
