#include "control/rest/start_call_request.hpp"

#include <boost/json.hpp>

#include "base/random.hpp"
#include "base/text.hpp"
#include "control/json_text.hpp"
#include "control/rest/json_fields.hpp"
#include "control/rest/proxy_text.hpp"
#include "control/rtmp_url.hpp"

namespace sipcast::rest {
Result<StartCall> parse_start_call(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  StartCall command;
  std::optional<Error> error;
  const auto take = [&](auto result, auto& into) {
    if (result)
      into = std::move(*result);
    else if (!error)
      error = result.error();
  };
  std::optional<std::string> id, stream, auth_name, password, visible, app_key, rtmp_url,
      rtmp_stream, proxy;
  uint64_t port = 0;  // not given
  take(fields->required_text("callee"), command.callee);
  take(fields->required_text("sipLogin"), command.account.login);
  take(fields->required_text("sipDomain"), command.account.domain);
  take(fields->text("callId"), id);
  take(fields->text("toStream"), stream);
  take(fields->text("sipAuthenticationName"), auth_name);
  take(fields->text("sipPassword"), password);
  take(fields->text("sipOutboundProxy"), proxy);
  if (!proxy && !error) take(fields->text("sipProxy"), proxy);
  take(fields->number("sipPort", 0, 1, 65535), port);
  take(fields->text("visibleName"), visible);
  take(fields->text("appKey"), app_key);
  take(fields->text("rtmpUrl", 2048), rtmp_url);
  take(fields->text("rtmpStream"), rtmp_stream);
  take(fields->boolean("hasAudio", true), command.has_audio);
  take(fields->boolean("hasVideo", false), command.has_video);
  take(fields->boolean("record", false), command.record);
  take(fields->boolean("sipRegisterRequired", true), command.register_first);
  if (error) return std::unexpected(*error);
  if (!is_host(command.account.domain))
    return fail(Errc::InvalidArgument, "sipDomain: is no host name or address");
  if (!command.has_audio && !command.has_video) {
    return fail(Errc::InvalidArgument, "hasAudio, hasVideo: one of them must be true");
  }
  if (rtmp_url) {
    const auto url = parse_rtmp_url(*rtmp_url, RtmpUrlKind::App);
    if (!url) return std::unexpected(url.error());
  }

  command.id = CallId{id.value_or(random_token(20))};
  command.stream = StreamName{stream.value_or(command.id.value)};
  command.account.authentication_name = auth_name.value_or(command.account.login);
  command.account.password = password.value_or("");
  command.account.display_name = visible.value_or(command.account.login);
  command.account.port = static_cast<uint16_t>(port);
  command.any_transport = port == 0;
  command.app_key = app_key.value_or("defaultApp");
  command.rtmp_url = rtmp_url.value_or("");
  command.rtmp_stream = rtmp_stream.value_or(rtmp_url ? command.stream.value : "");
  if (proxy) {
    auto target = parse_proxy(*proxy, command.account.port, command.any_transport);
    if (!target) return fail(target.error().code, "sipOutboundProxy: " + target.error().cause);
    command.account.transport = target->transport;
    command.any_transport = command.any_transport && target->port == 0;
    command.account.outbound_proxy = std::move(*target);
  }
  return command;
}

Result<CallFilter> parse_call_filter(std::string_view body) {
  const auto fields = JsonFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  CallFilter filter;
  for (const auto& [name, into] : {std::pair{"callId", &filter.id},
                                   {"callee", &filter.callee},
                                   {"rtmpUrl", &filter.rtmp_url},
                                   {"status", &filter.status}}) {
    auto value = fields->text(name, 2048);
    if (!value) return std::unexpected(value.error());
    *into = std::move(*value);
  }
  return filter;
}

boost::json::object call_object(const CallInfo& info) {
  const StartCall& asked = info.asked;
  return {{"custom", boost::json::object{}},
          {"nodeId", nullptr},
          {"appKey", asked.app_key},
          {"sessionId", nullptr},
          {"callId", asked.id.value},
          {"parentCallId", nullptr},
          {"incoming", info.incoming},
          {"status", to_string(info.status)},
          {"sipStatus", info.sip_status},
          {"rtmpUrl", text_or_null(shown_rtmp_url(asked.rtmp_url, RtmpUrlKind::App))},
          {"rtmpStream", text_or_null(asked.rtmp_stream)},
          {"streamName", asked.stream.value},
          {"rtmpStreamStatus", text_or_null(info.rtmp_status)},
          {"caller", asked.account.login},
          {"callee", asked.callee},
          {"hasAudio", asked.has_audio},
          {"hasVideo", asked.has_video},
          {"sdp", nullptr},
          {"visibleName", asked.account.display_name},
          {"inviteParameters", nullptr},
          {"mediaProvider", "Flash"},
          {"sipMessageRaw", nullptr},
          {"isMsrp", false},
          {"target", info.transfer ? text_or_null(info.transfer->target) : nullptr},
          {"transferStatus", info.transfer ? text_or_null(info.transfer->status) : nullptr},
          {"holdForTransfer", false},
          {"info", text_or_null(info.info)},
          {"cause", text_or_null(printable(info.cause, 500))}};
}

std::string call_to_json(const CallInfo& info) { return boost::json::serialize(call_object(info)); }

std::string calls_to_json(const std::vector<CallInfo>& calls) {
  boost::json::array array;
  for (const CallInfo& info : calls) array.push_back(call_object(info));
  return boost::json::serialize(array);
}

}  // namespace sipcast::rest
