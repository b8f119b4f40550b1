#pragma once
#include <boost/json/object.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::v1 {

/// Reads the fields of a JSON body to the letter: true is a boolean, 7 a number, an unknown field
/// an error. The first error is kept, so that all fields are read in a row and error() is asked at
/// the end. JSON null stands for an absent field.
class StrictFields {
 public:
  /// An empty body is an object without fields. Errors: BadSyntax.
  static Result<StrictFields> parse(std::string_view body);
  /// @param path  of the object itself, "" or "account."
  StrictFields(boost::json::object object, std::string path)
      : object_(std::move(object)), path_(std::move(path)) {}

  /// None when it is absent. An error, and none, when it is no string, empty, longer than `max`
  /// bytes, or has control characters.
  std::optional<std::string> text(std::string_view name, size_t max = 256);
  /// The same; absence is an error, too.
  std::string required_text(std::string_view name, size_t max = 256);
  bool boolean(std::string_view name, bool otherwise);
  std::optional<uint64_t> number(std::string_view name, uint64_t min, uint64_t max);
  /// An object inside; give it back by merge() when its fields have been read.
  std::optional<StrictFields> object(std::string_view name);
  void merge(StrictFields inner);
  void refuse(std::string_view name, std::string_view what);
  /// The first error: BadSyntax, or InvalidArgument naming the field. Fields that nobody has read
  /// are unknown ones.
  Result<void> check();

 private:
  const boost::json::value* take(std::string_view name);

  boost::json::object object_;
  std::string path_;
  std::set<std::string, std::less<>> read_;
  std::optional<Error> error_;
};

}  // namespace sipcast::v1
