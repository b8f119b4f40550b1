#pragma once
#include <cstddef>
#include <optional>
#include <string_view>

namespace sipcast::sip {

/// Walks through the head of a message that nobody has parsed, or that cannot be parsed. The views
/// point into it. Any bytes will do: what is no header field is passed over.
class RawHeaders {
 public:
  struct Field {
    std::string_view name;   ///< as written, trimmed
    std::string_view value;  ///< trimmed; a folded one holds its line ends (RFC 3261 §7.3.1)
  };
  explicit RawHeaders(std::string_view message);
  std::string_view start_line() const { return start_line_; }
  std::optional<Field> next();
  /// What follows the empty line behind the head. Known when next() has given none.
  std::string_view body() const { return rest_; }

 private:
  std::string_view take_line();
  std::string_view start_line_, rest_;
  bool over_ = false;
};

/// The first value of a header by its long name, any case, compact form included; "" when there is
/// none.
std::string_view raw_header(std::string_view message, std::string_view long_name);

}  // namespace sipcast::sip
