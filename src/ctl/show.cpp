#include "ctl/show.hpp"

#include <boost/json.hpp>
#include <map>

#include "base/text.hpp"
#include "ctl/table.hpp"

namespace sipcast::ctl {
namespace {

namespace json = boost::json;

std::string cell(const json::value* value) {
  if (!value || value->is_null()) return "-";
  if (value->is_string()) return std::string(value->get_string());
  return json::serialize(*value);
}

const std::map<std::string_view, std::vector<std::string_view>>& columns() {
  static const std::map<std::string_view, std::vector<std::string_view>> kColumns = {
      {"calls",
       {"call_id", "stream", "direction", "state", "caller", "callee", "started", "cause"}},
      {"streams",
       {"stream", "call_id", "state", "audio_codec", "video_codec", "width", "height", "viewers"}},
      {"viewers",
       {"viewer", "stream", "state", "signalling", "client", "audio_codec", "video_codec",
        "first_frame_after_ms"}},
      {"pushes", {"push", "stream", "state", "url", "cause"}},
      {"recordings", {"stream", "state", "file", "bytes", "length_ms", "cause"}}};
  return kColumns;
}

void flatten(const std::string& path, const json::value& value,
             std::vector<std::vector<std::string>>& rows) {
  if (const json::object* object = value.if_object(); object && !object->empty()) {
    for (const auto& [key, inner] : *object) {
      flatten(path.empty() ? std::string(key) : path + "." + std::string(key), inner, rows);
    }
  } else if (const json::array* array = value.if_array(); array && !array->empty()) {
    for (size_t i = 0; i < array->size(); ++i) {
      flatten(path + "[" + std::to_string(i) + "]", (*array)[i], rows);
    }
  } else {
    rows.push_back({path, cell(&value)});
  }
}

}  // namespace

std::string show_list(const json::object& reply) {
  for (const auto& [name, wanted] : columns()) {
    const json::value* list = reply.if_contains(name);
    if (!list || !list->is_array() || reply.size() > 1) continue;
    std::vector<std::vector<std::string>> rows(1);
    for (const std::string_view column : wanted) rows[0].emplace_back(column);
    for (const json::value& one : list->get_array()) {
      if (!one.is_object()) continue;
      auto& row = rows.emplace_back();
      for (const std::string_view column : wanted) {
        row.push_back(cell(one.get_object().if_contains(column)));
      }
    }
    return table(rows);
  }
  return show_object(reply);
}

std::string show_object(const json::object& object) {
  std::vector<std::vector<std::string>> rows;
  flatten("", object, rows);
  return table(rows);
}

std::string show_event(const json::object& event) {
  const std::string time = cell(event.if_contains("time"));
  std::string line = printable(time.size() > 11 ? time.substr(11) : time) + "  " +
                     printable(cell(event.if_contains("type"))) + "  " +
                     printable(cell(event.if_contains("call_id"))) + " " +
                     printable(cell(event.if_contains("stream")));
  const json::value* data = event.if_contains("data");
  if (!data || !data->is_object()) return line + "\n";
  for (const auto& [key, value] : data->get_object()) {
    if (!value.is_null()) line += "  " + printable(key) + "=" + printable(cell(&value), 700);
  }
  return line + "\n";
}

}  // namespace sipcast::ctl
