#include "control/trace/trace_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "base/text.hpp"
#include "sdp/sip_media.hpp"
#include "sip/raw_headers.hpp"

namespace sipcast {
namespace {

using Out = std::back_insert_iterator<std::string>;

std::string_view body_of(std::string_view message) {
  sip::RawHeaders headers(message);
  while (headers.next()) {
  }
  return headers.body();
}

std::string_view sdp_of(std::string_view message) {
  const std::string_view type = sip::raw_header(message, "Content-Type");
  return iequals(trim(cut(type, ';').first), "application/sdp") ? body_of(message) : "";
}

/// "sendonly" where a description says anything but sendrecv.
std::string_view direction_of(std::string_view sdp) {
  for (const std::string_view word : {"sendonly", "recvonly", "inactive"}) {
    if (sdp.contains("a=" + std::string(word))) return word;
  }
  return "";
}

std::string_view transport_name(SipTransport transport) {
  switch (transport) {
    case SipTransport::Udp:
      return "UDP";
    case SipTransport::Tcp:
      return "TCP";
    case SipTransport::Tls:
      return "TLS";
  }
  return "";
}

bool was_sent_before(const std::deque<TracedMessage>& messages, size_t index) {
  const TracedMessage& message = messages[index];
  return std::any_of(messages.begin(), messages.begin() + static_cast<std::ptrdiff_t>(index),
                     [&](const TracedMessage& other) {
                       return other.sent == message.sent && other.text == message.text;
                     });
}

void write_startup(Out out, const CallTrace& trace) {
  fmt::format_to(out, "Start:   accepted 0 ms");
  for (size_t i = 0; i < kMilestones; ++i) {
    const auto milestone = static_cast<Milestone>(i);
    if (const auto& at = trace.reached(milestone)) {
      fmt::format_to(out, ", {} {} ms", to_string(milestone), to_ms(*at - trace.start()));
    }
  }
  fmt::format_to(out, "\n");
}

void write_track(Out out, const char* name, const SourceTrackStats& track) {
  if (track.packets_total == 0 && track.dropped_stranger_total == 0) return;
  fmt::format_to(out,
                 "Media:   {}: {} packets, {} bytes, {} lost, jitter {:.1f} ms; dropped: {} from "
                 "strangers, {} invalid, {} of another payload type, {} not authentic\n",
                 name, track.packets_total, track.bytes_total, track.lost, track.jitter_ms,
                 track.dropped_stranger_total, track.dropped_invalid_total,
                 track.dropped_payload_type_total, track.dropped_unauthentic_total);
}

void write_ladder(Out out, const CallTrace& trace) {
  const auto& messages = trace.messages();
  const auto& events = trace.events();
  fmt::format_to(out, "\n{:>9}  us                    them\n", "ms");
  size_t m = 0, e = 0;
  while (m < messages.size() || e < events.size()) {
    const bool event = m == messages.size() || (e < events.size() && events[e].at < messages[m].at);
    if (event) {
      fmt::format_to(out, "{:9}  * {}\n", to_ms(events[e].at - trace.start()),
                     printable(events[e].text, 700));
      ++e;
      continue;
    }
    if (m == CallTrace::kFirstMessages && trace.messages_dropped() > 0) {
      fmt::format_to(out, "{:>9}  ({} messages are not kept)\n", "", trace.messages_dropped());
    }
    const TracedMessage& message = messages[m];
    fmt::format_to(out, "{:9}  {} {}/{}  {}{}\n", to_ms(message.at - trace.start()),
                   message.sent ? "|---->|" : "|<----|", message.remote.to_string(),
                   transport_name(message.transport), one_line(message),
                   was_sent_before(messages, m) ? "  (again)" : "");
    ++m;
  }
}

void write_messages(Out out, const CallTrace& trace) {
  for (const TracedMessage& message : trace.messages()) {
    fmt::format_to(out, "\n--- {} ms, {} {} {} {}, {} bytes{}\n", to_ms(message.at - trace.start()),
                   message.local.to_string(), message.sent ? "->" : "<-",
                   message.remote.to_string(), transport_name(message.transport), message.size,
                   message.size > message.text.size() ? ", cut" : "");
    std::string text = printable_lines(message.text);
    std::erase(text, '\r');
    while (text.ends_with("\n\n")) text.pop_back();
    fmt::format_to(out, "{}{}", text, text.ends_with('\n') ? "" : "\n");
  }
}

}  // namespace

std::string one_line(const TracedMessage& message) {
  const std::string_view line = sip::RawHeaders(message.text).start_line();
  const std::string_view cseq = sip::raw_header(message.text, "CSeq");
  std::string text;
  if (line.starts_with("SIP/2.0 ")) {
    text = fmt::format("{} ({})", printable(line.substr(8), 80),
                       printable(trim(cut(cseq, ' ').second), 20));
    for (const std::string_view name : {"Warning", "Reason"}) {
      const std::string_view why = sip::raw_header(message.text, name);
      if (!why.empty()) text += " " + printable(why, 160);
    }
  } else {
    text = printable(trim(line.substr(0, line.rfind(' '))), 120);
  }
  if (const std::string_view sdp = sdp_of(message.text); !sdp.empty()) {
    const std::string_view direction = direction_of(sdp);
    text +=
        fmt::format(" [{}{}{}]", sdp::codec_summary(sdp), direction.empty() ? "" : "; ", direction);
  }
  return text;
}

std::string_view last_sdp(const CallTrace& trace, bool sent) {
  const auto& messages = trace.messages();
  for (auto at = messages.rbegin(); at != messages.rend(); ++at) {
    if (at->sent != sent) continue;
    if (const std::string_view sdp = sdp_of(at->text); !sdp.empty()) return sdp;
  }
  return "";
}

std::string to_text(const CallTrace& trace, const CallInfo& info,
                    const MediaWorker::CallActivity& media) {
  std::string text;
  const Out out = std::back_inserter(text);
  const StartCall& asked = info.asked;
  fmt::format_to(out, "Call:    {}, {} {}@{} {} {}, stream {}\n", printable(asked.id.value),
                 info.incoming ? "from" : "by", printable(asked.account.login),
                 printable(asked.account.domain), info.incoming ? "to" : "calls",
                 printable(asked.callee), printable(asked.stream.value));
  fmt::format_to(out, "Began:   {}\n", iso_time(trace.wall(trace.start())));
  fmt::format_to(out, "Status:  {}", to_string(info.status));
  if (info.sip_status != 0) fmt::format_to(out, ", SIP {}", info.sip_status);
  if (!info.cause.empty()) fmt::format_to(out, ": {}", printable(info.cause, 700));
  fmt::format_to(out, "\n");
  write_startup(out, trace);
  write_track(out, "audio", media.stream.source.audio);
  write_track(out, "video", media.stream.source.video);
  if (media.stream.stats.frames_total > 0) {
    fmt::format_to(out,
                   "Media:   {} frames, {} keyframes, {} damaged and dropped; {} keyframes "
                   "asked for{}\n",
                   media.stream.stats.frames_total, media.stream.stats.keyframes_total,
                   media.stream.source.frames.frames_dropped_damaged_total,
                   media.stream.keyframes.asks_total,
                   media.stream.keyframes.deaf ? ", which the phone ignores" : "");
  }
  write_ladder(out, trace);
  write_messages(out, trace);
  return text;
}

}  // namespace sipcast
