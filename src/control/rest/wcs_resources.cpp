#include "control/rest/wcs_resources.hpp"

#include <fmt/format.h>

#include <array>

#include "control/rest/http_status.hpp"

namespace sipcast::rest {
namespace {
using enum WcsResource::Answer;

constexpr std::array kResources = std::to_array<WcsResource>({
    {"/rest-api/call/startup", Served, "Dials a phone; its media become the stream `toStream`."},
    {"/rest-api/call/find", Served, "Calls by `callId`, `callee`, `rtmpUrl`, `status`."},
    {"/rest-api/call/find_all", Served, "All calls."},
    {"/rest-api/call/terminate", Served, "Hangs up (BYE), or gives up (CANCEL)."},
    {"/rest-api/call/send_dtmf", Served,
     "Digits by RFC 4733, by INFO, or by INFO with a relay body."},
    {"/rest-api/call/transfer", Served, "Sends the phone elsewhere (REFER)."},
    {"/rest-api/call/inject_sound", NotOffered, "Sound cannot be played into a call."},
    {"/rest-api/call/inject_stream", NotOffered, "A stream cannot be sent into a call."},
    {"/rest-api/call/inject_stream/*", NotOffered, "A stream cannot be sent into a call."},
    {"/rest-api/stream/find", Served,
     "Calls' streams and their players by `mediaSessionId`, `name`, `published`, `status`."},
    {"/rest-api/stream/find_all", Served, "All of them."},
    {"/rest-api/stream/terminate", Served, "Stops a player, or hangs up the call of a stream."},
    {"/rest-api/stream/snapshot", Served, "The live picture as a PNG in base64."},
    {"/rest-api/stream/startRecording", Served, "The older name of `/recorder/startup`."},
    {"/rest-api/stream/stopRecording", Served, "The older name of `/recorder/terminate`."},
    {"/rest-api/stream/inject/*", NotOffered, "Streams cannot be injected into one another."},
    {"/rest-api/stream/inject3/*", NotOffered, "Streams cannot be injected into one another."},
    {"/rest-api/push/startup", Served, "Pushes a stream to an RTMP server."},
    {"/rest-api/push/find", Served, "Pushes by `streamName`, `rtmpUrl`."},
    {"/rest-api/push/find_all", Served, "All pushes."},
    {"/rest-api/push/terminate", Served, "Ends a push."},
    {"/rest-api/push/mute", Served, "Silences a push."},
    {"/rest-api/push/unmute", Served, "Takes that back."},
    {"/rest-api/push/sound_on", Served, "Plays a file into a push in place of its sound."},
    {"/rest-api/push/sound_off", Served, "Takes that back."},
    {"/rest-api/recorder/startup", Served, "Records a stream, or begins another file."},
    {"/rest-api/recorder/find", Served, "Recordings by `mediaSessionId`."},
    {"/rest-api/recorder/find_all", Served, "All recordings."},
    {"/rest-api/recorder/terminate", Served, "Ends a recording."},
    {"/rest-api/multipleRecorder/find_all", Nothing, "No streams are recorded into one file."},
    {"/rest-api/multipleRecorder/*", NotOffered,
     "Several streams cannot be recorded into one file: record each, and join the files."},
    {"/rest-api/connection/find", Served,
     "WebSocket sessions by `clientVersion`, `sessionId`, `appKey`."},
    {"/rest-api/connection/find_all", Served, "All WebSocket sessions."},
    {"/rest-api/connection/terminate", Served, "Closes a WebSocket session."},
    {"/rest-api/connection/set_log_level", NotOffered,
     "One session's log level cannot be set; `log.level` is the server's."},
    {"/rest-api/mixer/find_all", Nothing, "There are no mixers."},
    {"/rest-api/mixer/*", NotOffered, "Streams are not mixed."},
    {"/rest-api/pull/find_all", Nothing, "Nothing is pulled from other servers."},
    {"/rest-api/pull/rtmp/find_all", Nothing, "Nothing is pulled from RTMP servers."},
    {"/rest-api/pull/*", NotOffered, "Streams come from SIP calls alone; none is pulled."},
    {"/rest-api/rtsp/find", Nothing, "Nothing is pulled from cameras."},
    {"/rest-api/rtsp/find_all", Nothing, "Nothing is pulled from cameras."},
    {"/rest-api/rtsp/*", NotOffered, "Streams come from SIP calls alone; RTSP is not spoken."},
    {"/rest-api/vod/*", NotOffered, "Files are not played as streams."},
    {"/rest-api/transcoder/find_all", Nothing, "Nothing is transcoded."},
    {"/rest-api/transcoder/*", NotOffered, "Video is never transcoded: viewers get the original."},
    {"/rest-api/cdn/show_routes", NoEntries, "One server has no routes to others."},
    {"/rest-api/cdn/*", NotOffered, "This server is no part of a CDN."},
    {"/rest-api/api/find_all", Nothing, "There are no SIP agents."},
    {"/rest-api/api/*", NotOffered,
     "Load tests with SIP agents are not driven by REST: `sipcast phone` is a test phone."},
    {"/RESTCall/*", NotOffered,
     "The application RESTCall of WCS 4 is not here: use `/rest-api/call/*`."},
});

http::Handler handler_of(const WcsResource& resource) {
  return [resource](const http::Request&, const http::Respond& respond) {
    if (resource.answer == NoEntries) return respond(http::Response::json(200, "{}"));
    const Errc code = resource.answer == Nothing ? Errc::NotFound : Errc::Unsupported;
    respond(error_response({code, std::string(resource.sentence)}));
  };
}

std::string_view in_words(WcsResource::Answer answer) {
  switch (answer) {
    case Served:
      return "as in WCS";
    case Nothing:
      return "404";
    case NoEntries:
      return "200, `{}`";
    case NotOffered:
      return "501";
  }
  return "";
}

}  // namespace

std::span<const WcsResource> wcs_resources() { return kResources; }

void add_wcs_resource_routes(http::Router& router) {
  for (const WcsResource& resource : kResources) {
    if (resource.answer != Served)
      router.add("*", std::string(resource.path), handler_of(resource));
  }
  router.add("*", "/rest-api/*", [](const http::Request& request, const http::Respond& respond) {
    respond(error_response({Errc::NotFound, "there is no resource " + request.path}));
  });
}

std::string wcs_resources_page() {
  std::string page =
      "# The REST resources of WCS\n\n"
      "What becomes of each resource of Flashphoner WCS, made by `sipcast resources` from the "
      "table "
      "that the server answers by. [rest.md](rest.md) says more of those that are served.\n\n"
      "| resource | answer | |\n| --- | --- | --- |\n";
  for (const WcsResource& resource : kResources) {
    page += fmt::format("| `{}` | {} | {} |\n", resource.path, in_words(resource.answer),
                        resource.sentence);
  }
  return page;
}

}  // namespace sipcast::rest
