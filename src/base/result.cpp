#include "base/result.hpp"

namespace sipcast {

std::string_view to_string(Errc code) {
  switch (code) {
    case Errc::Truncated:
      return "truncated";
    case Errc::BadVersion:
      return "bad_version";
    case Errc::BadPadding:
      return "bad_padding";
    case Errc::BadSyntax:
      return "bad_syntax";
    case Errc::InvalidArgument:
      return "invalid_argument";
    case Errc::Unauthorized:
      return "unauthorized";
    case Errc::Forbidden:
      return "forbidden";
    case Errc::NotFound:
      return "not_found";
    case Errc::AlreadyExists:
      return "already_exists";
    case Errc::NoCommonCodec:
      return "no_common_codec";
    case Errc::Exhausted:
      return "exhausted";
    case Errc::Timeout:
      return "timeout";
    case Errc::Refused:
      return "refused";
    case Errc::Unsupported:
      return "unsupported";
    case Errc::Io:
      return "io";
    case Errc::Internal:
      return "internal";
  }
  std::unreachable();
}

}  // namespace sipcast
