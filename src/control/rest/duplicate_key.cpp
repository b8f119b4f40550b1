#include "control/rest/duplicate_key.hpp"

#include <boost/json/basic_parser_impl.hpp>
#include <set>
#include <vector>

namespace sipcast::rest {
namespace {
namespace json = boost::json;

/// What Boost's parser calls: only keys matter here.
struct Keys {
  static constexpr size_t max_array_size = SIZE_MAX, max_object_size = SIZE_MAX;
  static constexpr size_t max_string_size = SIZE_MAX, max_key_size = SIZE_MAX;
  using Code = json::error_code;
  using Text = json::string_view;

  bool on_document_begin(Code&) { return true; }
  bool on_document_end(Code&) { return true; }
  bool on_object_begin(Code&) {
    open.emplace_back();
    return true;
  }
  bool on_object_end(size_t, Code&) {
    open.pop_back();
    return true;
  }
  bool on_array_begin(Code&) { return true; }
  bool on_array_end(size_t, Code&) { return true; }
  bool on_key_part(Text part, size_t, Code&) {
    key.append(part.data(), part.size());
    return true;
  }
  bool on_key(Text part, size_t, Code&) {
    key.append(part.data(), part.size());
    if (!open.back().insert(key).second && !twice) twice = key;
    key.clear();
    return true;
  }
  bool on_string_part(Text, size_t, Code&) { return true; }
  bool on_string(Text, size_t, Code&) { return true; }
  bool on_number_part(Text, Code&) { return true; }
  bool on_int64(int64_t, Text, Code&) { return true; }
  bool on_uint64(uint64_t, Text, Code&) { return true; }
  bool on_double(double, Text, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
  bool on_comment_part(Text, Code&) { return true; }
  bool on_comment(Text, Code&) { return true; }

  std::vector<std::set<std::string>> open;  // of each object that has begun
  std::string key;
  std::optional<std::string> twice;
};

}  // namespace

std::optional<std::string> duplicate_key(std::string_view text) {
  json::basic_parser<Keys> parser{json::parse_options{}};
  json::error_code error;
  parser.write_some(false, text.data(), text.size(), error);
  return error ? std::nullopt : parser.handler().twice;
}

}  // namespace sipcast::rest
