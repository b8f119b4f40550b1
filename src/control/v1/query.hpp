#pragma once
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sipcast::v1 {

/// The parameters of a request's query, all of them known ones.
class Query {
 public:
  /// `raw` is what stands behind '?'. Errors: BadSyntax (a bad escape, a control character),
  /// InvalidArgument (a parameter that is not in `known`, comes twice, or is longer than 512
  /// bytes).
  static Result<Query> parse(std::string_view raw, std::initializer_list<std::string_view> known);

  /// None when it is absent or empty.
  std::optional<std::string> text(std::string_view name) const;
  /// Errors: InvalidArgument naming the parameter.
  Result<uint64_t> number(std::string_view name, uint64_t otherwise, uint64_t min,
                          uint64_t max) const;
  /// One of `words`. Errors: as above.
  Result<std::optional<std::string>> word(std::string_view name,
                                          std::initializer_list<std::string_view> words) const;

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace sipcast::v1
