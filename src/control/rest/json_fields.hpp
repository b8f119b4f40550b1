#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::rest {

/// Reads the fields of a WCS request body by its loose rules (wcs-rest 1.4): booleans and numbers
/// may be strings, null and "" are absent, unknown fields are ignored. Every error names the field.
class JsonFields {
 public:
  /// "" and "{}" are an object without fields. Errors: BadSyntax, also for a key that is there
  /// twice.
  static Result<JsonFields> parse(std::string_view body);
  explicit JsonFields(boost::json::object object) : object_(std::move(object)) {}

  /// Errors: InvalidArgument when it is no string (a number is taken as its digits), longer than
  /// `max` bytes, or has control characters.
  Result<std::optional<std::string>> text(std::string_view name, size_t max = 256) const;
  Result<std::string> required_text(std::string_view name, size_t max = 256) const;
  Result<bool> boolean(std::string_view name, bool otherwise) const;
  Result<uint64_t> number(std::string_view name, uint64_t otherwise, uint64_t min,
                          uint64_t max) const;
  const boost::json::object& object() const { return object_; }

 private:
  boost::json::object object_;
};

}  // namespace sipcast::rest
