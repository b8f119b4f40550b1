#include "control/rest/push_request.hpp"

#include <boost/json.hpp>

#include "base/text.hpp"
#include "control/rest/json_fields.hpp"

namespace sipcast::rest {
namespace {

Result<void> read_options(const JsonFields& fields, StartPush& command) {
  const boost::json::value* value = fields.object().if_contains("options");
  if (!value || value->is_null()) return {};
  if (!value->is_object()) return fail(Errc::InvalidArgument, "options: must be an object");
  const JsonFields options(value->get_object());
  const auto action = options.text("action");
  const auto file = options.text("soundFile");
  const auto loop = options.boolean("loop", false);
  if (!action) return std::unexpected(action.error());
  if (!file) return std::unexpected(file.error());
  if (!loop) return std::unexpected(loop.error());
  const auto slate = options.boolean("slate", false);
  if (!slate) return fail(slate.error().code, "options." + slate.error().cause);
  command.slate = *slate;
  if (!*action) return {};
  if (**action == "mute") {
    command.muted = true;
  } else if (**action == "sound_on") {
    if (!*file) return fail(Errc::InvalidArgument, "options.soundFile: is missing");
    command.sound_file = **file;
    command.loop_sound = *loop;
  } else {
    return fail(Errc::InvalidArgument, "options.action: must be mute or sound_on");
  }
  return {};
}

boost::json::object to_object(const PushInfo& push) {
  return {{"mediaSessionId", push.id},
          {"streamName", std::string(kRtmpPrefix) + push.stream.value},
          {"rtmpUrl", push.shown_url},
          {"width", push.stats.width},
          {"height", push.stats.height},
          {"muted", push.muted},
          {"soundEnabled", push.sound},
          {"options", boost::json::object{}},
          {"status", to_string(push.stats.state)},
          {"cause", push.stats.cause.empty() ? boost::json::value(nullptr)
                                             : boost::json::value(push.stats.cause)},
          {"bytes", push.stats.bytes_total},
          {"connections", push.stats.connections_total},
          {"queueBytes", push.stats.queue.bytes},
          {"framesDropped", push.stats.queue.dropped_total}};
}

}  // namespace

std::string_view to_string(PushState state) {
  switch (state) {
    case PushState::Waiting:
    case PushState::Connecting:
      return "PENDING";
    case PushState::Publishing:
      return "PUBLISHING";
    case PushState::Retrying:
      return "FAILED";
    case PushState::Ended:
      return "STOPPED";
  }
  std::unreachable();
}

Result<StartPush> parse_start_push(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  auto stream = fields->required_text("streamName");
  if (!stream) return std::unexpected(stream.error());
  auto url = fields->required_text("rtmpUrl", 2048);
  if (!url) return std::unexpected(url.error());
  const auto full = fields->boolean("rtmpTransponderFullUrl", false);
  if (!full) return std::unexpected(full.error());
  auto version = fields->text("rtmpFlashVersion");
  if (!version) return std::unexpected(version.error());
  const auto kind = *full ? RtmpUrlKind::Full : RtmpUrlKind::App;
  auto parsed = parse_rtmp_url(*url, kind);
  if (!parsed) return std::unexpected(parsed.error());
  if (!*full) parsed->key = std::string(kRtmpPrefix) + *stream;
  StartPush command{.stream = StreamName{std::move(*stream)},
                    .url = std::move(*parsed),
                    .kind = kind,
                    .asked_url = std::move(*url),
                    .flash_version = version->value_or("")};
  if (auto read = read_options(*fields, command); !read) return std::unexpected(read.error());
  return command;
}

Result<PushFilter> parse_push_filter(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  auto stream = fields->text("streamName");
  if (!stream) return std::unexpected(stream.error());
  auto url = fields->text("rtmpUrl", 2048);
  if (!url) return std::unexpected(url.error());
  return PushFilter{std::move(*stream), std::move(*url)};
}

bool PushFilter::matches(const PushInfo& push) const {
  // Clients ask by the plain name, as they started it, and by the prefixed one, as they were told.
  const bool by_stream = !stream || *stream == push.stream.value ||
                         *stream == std::string(kRtmpPrefix) + push.stream.value;
  return by_stream && (!url || *url == push.asked_url || *url == push.shown_url);
}

std::string push_to_json(const PushInfo& push) { return boost::json::serialize(to_object(push)); }

std::string pushes_to_json(const std::vector<PushInfo>& pushes) {
  boost::json::array array;
  for (const PushInfo& push : pushes) array.push_back(to_object(push));
  return boost::json::serialize(array);
}

}  // namespace sipcast::rest
