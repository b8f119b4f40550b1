#include "control/media_worker.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {
std::string name_of(std::optional<Codec> codec) {
  return codec ? std::string(codec_name(*codec)) : "";
}

/// What a description says about its codecs, of a line each.
std::string format_lines(std::string_view sdp) {
  std::string lines;
  for (const std::string_view line : split(sdp, '\n')) {
    if (line.starts_with("a=rtpmap:") || line.starts_with("a=fmtp:")) {
      lines.append(trim(line)).append("\n");
    }
  }
  return lines;
}
}  // namespace

MediaWorker::MediaWorker(Options options, const DtlsContext& dtls, Logger log)
    : options_(std::move(options)),
      dtls_(dtls),
      log_(std::move(log)),
      loop_(options_.loop, log_),
      ports_(options_.phone_port_first, options_.phone_port_last),
      outputs_(std::make_unique<StreamOutputs>(options_.outputs, loop_, log_)),
      handshakes_([this](DtlsBacklog::Task next) { loop_.post(std::move(next)); },
                  [this](BytesView datagram, const SocketAddress& from) {
                    to_viewer(datagram, from, loop_.now());
                  }) {}

Result<std::unique_ptr<MediaWorker>> MediaWorker::start(Options options, const DtlsContext& dtls,
                                                        Logger log) {
  std::unique_ptr<MediaWorker> worker(new MediaWorker(std::move(options), dtls, std::move(log)));
  auto port = IcePort::open(worker->loop_, worker->options_.viewer_bind, *worker,
                            worker->options_.viewer_tcp);
  if (!port) return std::unexpected(port.error());
  worker->viewer_ice_port_ = std::move(*port);
  worker->viewer_port_ = worker->viewer_ice_port_->port();
  worker->loop_.start();
  return worker;
}

MediaWorker::~MediaWorker() {
  loop_.post([this] {
    waiting_.clear();
    viewers_.clear();
    while (!calls_.empty()) do_close_call(calls_.begin()->first, EndReason::Shutdown);
    viewer_ice_port_.reset();
    outputs_.reset();
  });
  loop_.stop();
}

void MediaWorker::open_call(CallKey key, StreamName stream, bool audio, bool video,
                            CallCallbacks callbacks) {
  loop_.post([this, key, stream = std::move(stream), audio, video,
              callbacks = std::move(callbacks)]() mutable {
    do_open_call(key, std::move(stream), audio, video, std::move(callbacks));
  });
}

void MediaWorker::connect_call(CallKey key, sdp::SipAgreement agreement) {
  loop_.post([this, key, agreement = std::move(agreement)] {
    const auto call = calls_.find(key);
    if (call != calls_.end()) call->second.source->connect(agreement);
  });
}

void MediaWorker::play_digits(CallKey key, std::string digits) {
  loop_.post([this, key, digits = std::move(digits)] {
    const auto call = calls_.find(key);
    if (call != calls_.end()) call->second.source->play_digits(digits);
  });
}

void MediaWorker::call_activity(CallKey key, std::function<void(CallActivity)> done) {
  loop_.post([this, key, done = std::move(done)] {
    const auto found = calls_.find(key);
    if (found == calls_.end()) return;
    const CallMedia& call = found->second;
    const SipSourceStats stats = call.source->stats();
    const auto waiting = std::ranges::count_if(
        waiting_, [&](const auto& entry) { return entry.second.stream == call.stream->name(); });
    done({.rtp_packets = stats.audio.packets_total + stats.video.packets_total,
          .sinks = call.stream->sinks() + static_cast<size_t>(waiting),
          .stream = info_of(call),
          .first_viewer = call.first_viewer});
  });
}

void MediaWorker::close_call(CallKey key, EndReason reason, std::function<void()> closed) {
  loop_.post([this, key, reason, closed = std::move(closed)] {
    do_close_call(key, reason);
    if (closed) closed();
  });
}

void MediaWorker::add_viewer(ViewerId id, StreamName stream, std::string offer,
                             const ViewerAsks& asks, ViewerCallbacks callbacks) {
  loop_.post([this, id, stream = std::move(stream), offer = std::move(offer), asks,
              callbacks = std::move(callbacks)]() mutable {
    warn_of_private_candidates(asks.client);
    callbacks.answered = [this, id, stream, asks,
                          told = std::move(callbacks.answered)](Result<ViewerAccepted> accepted) {
      if (!accepted) tell_refused(id, stream, asks, accepted.error());
      told(std::move(accepted));
    };
    do_add_viewer(id, std::move(stream), std::move(offer), asks, std::move(callbacks));
  });
}

void MediaWorker::remove_viewer(ViewerId id, std::function<void(bool)> done) {
  loop_.post([this, id, done = std::move(done)] {
    const bool was_there = do_remove_viewer(id, "stopped");
    if (done) done(was_there);
  });
}

void MediaWorker::viewer_ice(ViewerId id, std::function<void(std::optional<ViewerIce>)> done) {
  loop_.post([this, id, done = std::move(done)] {
    const auto found = viewers_.find(id);
    done(found == viewers_.end() ? std::nullopt : std::optional(found->second.ice));
  });
}

void MediaWorker::add_output(OutputId id, StreamName stream, FrameCodec audio, FrameSinkPtr sink,
                             StreamOutputs::Failed failed) {
  loop_.post([this, id, stream = std::move(stream), audio, sink = std::move(sink),
              failed = std::move(failed)]() mutable {
    outputs_->add(id, stream, audio, std::move(sink), std::move(failed));
  });
}

void MediaWorker::remove_output(OutputId id) {
  loop_.post([this, id] { outputs_->remove(id); });
}

void MediaWorker::has_stream(StreamName name, std::function<void(bool)> done) {
  loop_.post([this, name = std::move(name), done = std::move(done)] {
    done(find_stream(name) != nullptr);
  });
}

void MediaWorker::list_streams(std::function<void(std::vector<StreamInfo>)> done) {
  loop_.post([this, done = std::move(done)] {
    std::vector<StreamInfo> streams;
    streams.reserve(calls_.size());
    for (const auto& [key, call] : calls_) streams.push_back(info_of(call));
    done(std::move(streams));
  });
}

void MediaWorker::do_open_call(CallKey key, StreamName name, bool audio, bool video,
                               CallCallbacks callbacks) {
  const Logger log = log_.with("stream", name.value);
  CallMedia call{.key = key,
                 .stream = std::make_unique<Stream>(name, log),
                 .source = {},
                 .callbacks = std::move(callbacks)};
  auto source = SipSource::open({.bind_ip = options_.phone_bind,
                                 .audio = audio,
                                 .video = video,
                                 .cname = options_.cname,
                                 .no_media_after = options_.no_media_after,
                                 .dtls = &dtls_,
                                 .slate = options_.slate},
                                loop_, ports_, *call.stream, log);
  if (!source) return call.callbacks.opened(std::unexpected(source.error()));
  call.source = std::move(*source);
  const SipSource::Ports ports = call.source->ports();
  CallMedia& placed = calls_.emplace(key, std::move(call)).first->second;
  placed.source->on_info_wanted = placed.callbacks.info_wanted;
  placed.source->on_no_media = placed.callbacks.no_media;
  placed.source->on_digit = placed.callbacks.digit;
  placed.stream->on_change = [this, &placed] { on_stream_change(placed); };
  outputs_->on_stream_opened(*placed.stream);
  placed.callbacks.opened(ports);
}

void MediaWorker::on_stream_change(CallMedia& call) {
  if (call.stream->state() == StreamState::Live && call.told_live != call.stream->tracks()) {
    call.told_live = call.stream->tracks();
    if (call.callbacks.live) call.callbacks.live(call.told_live.value_or(TrackList{}));
  }
  // Viewers attach on the loop's next task: this may be in the midst of a packet's way.
  if (call.stream->tracks())
    loop_.post([this, name = call.stream->name()] { answer_waiting(name); });
}

void MediaWorker::do_close_call(CallKey key, EndReason reason) {
  const auto found = calls_.find(key);
  if (found == calls_.end()) return;
  CallMedia& call = found->second;
  const StreamName name = call.stream->name();
  call.stream->on_change = {};
  call.source->close();
  call.stream->end(reason);
  outputs_->on_stream_closing(name);
  for (auto at = viewers_.begin(); at != viewers_.end();) {
    auto& [id, viewer] = *at;
    if (!(viewer.stream == name)) {
      ++at;
      continue;
    }
    viewer.viewer->on_end(reason);  // those that were not connected yet did not hear of it
    tell_left(id, viewer, "stream_ended", {});
    viewer.viewer.reset();  // says goodbye
    forget_routes(id, viewer);
    at = viewers_.erase(at);
  }
  calls_.erase(found);
  std::vector<ViewerCallbacks> told;
  std::erase_if(waiting_, [&](auto& entry) {
    if (!(entry.second.stream == name)) return false;
    told.push_back(std::move(entry.second.callbacks));
    return true;
  });
  for (const ViewerCallbacks& callbacks : told) {
    callbacks.answered(fail(Errc::NotFound, "the call ended before it had media"));
  }
}

MediaWorker::CallMedia* MediaWorker::find_call(const StreamName& name) {
  for (auto& [key, call] : calls_) {
    if (call.stream->name() == name) return &call;
  }
  return nullptr;
}

Stream* MediaWorker::find_stream(const StreamName& name) {
  CallMedia* call = find_call(name);
  return call ? call->stream.get() : nullptr;
}

void MediaWorker::warn_of_private_candidates(const SocketAddress& client) {
  const auto& candidates = options_.viewer_candidates;
  if (warned_of_private_candidates_ || client.empty() || client.is_private()) return;
  if (!std::ranges::all_of(candidates, &SocketAddress::is_private)) return;
  warned_of_private_candidates_ = true;
  log_.warning("viewers at {} are told our private address {}: set webrtc.ip to one they can reach",
               client.ip(), candidates.empty() ? "" : candidates.front().ip());
}

void MediaWorker::do_add_viewer(ViewerId id, StreamName name, std::string offer,
                                const ViewerAsks& asks, ViewerCallbacks callbacks) {
  Stream* stream = find_stream(name);
  if (!stream) return callbacks.answered(fail(Errc::NotFound, "there is no stream of this name"));
  if (viewers_.size() + waiting_.size() >= options_.max_viewers) {
    return callbacks.answered(
        fail(Errc::Exhausted, "this server has its greatest number of viewers"));
  }
  if (const auto checked = sdp::check_viewer_offer(offer); !checked) {
    return callbacks.answered(std::unexpected(checked.error()));
  }
  if (asks.reach == Reach::TcpOnly && !viewer_ice_port_->has_tcp()) {
    return callbacks.answered(
        fail(Errc::InvalidArgument, "transport: this server offers no TCP (webrtc.tcp is off)"));
  }
  if (stream->tracks()) return callbacks.answered(accept(id, *stream, offer, asks, callbacks));
  auto timer = loop_.at(loop_.now() + options_.viewer_wait, [this, id] {
    const auto node = waiting_.extract(id.value);
    if (node.empty()) return;
    node.mapped().callbacks.answered(
        fail(Errc::Timeout, "the call of this stream was not answered in time"));
  });
  waiting_.emplace(id.value,
                   Waiting{std::move(offer), name, asks, std::move(callbacks), std::move(timer)});
}

void MediaWorker::answer_waiting(const StreamName& name) {
  Stream* stream = find_stream(name);
  if (!stream || !stream->tracks()) return;
  std::vector<uint64_t> ready;
  for (const auto& [id, waiting] : waiting_) {
    if (waiting.stream == name) ready.push_back(id);
  }
  for (const uint64_t id : ready) {
    const auto node = waiting_.extract(id);
    const Waiting& waiting = node.mapped();
    waiting.callbacks.answered(
        accept(ViewerId{id}, *stream, waiting.offer, waiting.asks, waiting.callbacks));
  }
}

Result<ViewerAccepted> MediaWorker::accept(ViewerId id, Stream& stream, const std::string& offer,
                                           const ViewerAsks& asks,
                                           const ViewerCallbacks& callbacks) {
  sdp::ViewerAnswerOptions options{.tracks = *stream.tracks(),
                                   .local_ufrag = random_token(8),
                                   .local_pwd = random_token(24),
                                   .fingerprint = dtls_.fingerprint(),
                                   .candidates = {},
                                   .cname = options_.cname,
                                   .audio_ssrc = Ssrc{random_u32()},
                                   .video_ssrc = Ssrc{random_u32()},
                                   .video_rtx_ssrc = Ssrc{random_u32()}};
  for (const SocketAddress& ip : options_.viewer_candidates) {
    const SocketAddress address = ip.with_port(viewer_port_);
    if (asks.reach == Reach::Any) options.candidates.push_back(address);
    if (viewer_ice_port_->has_tcp()) options.candidates.push_back(address.as_tcp());
  }
  const auto answer = sdp::answer_viewer(offer, options);
  if (!answer) return std::unexpected(answer.error());

  WebRtcViewer::Events events{
      .playing =
          [told = callbacks.playing] {
            if (told) told();
          },
      .first_frame = [this, id] { first_frame(id); },
      .changed =
          [this, id, changed = callbacks.changed](const WebRtcViewer::Plays& plays) {
            const ViewerPlays now{name_of(plays.audio), name_of(plays.video), plays.cause};
            if (const auto at = viewers_.find(id); at != viewers_.end()) at->second.plays = now;
            if (changed) changed(now);
          },
      .failed =
          [this, id, callbacks](std::string_view info) {
            if (callbacks.failed) callbacks.failed(std::string(info));
            const bool closed = info == "Closed by peer";
            loop_.post([this, id, closed, cause = std::string(info)] {
              do_remove_viewer(id, closed ? "closed" : "failed", cause);
            });
          },
      .stream_ended = callbacks.stream_ended,
  };
  auto viewer = std::make_unique<WebRtcViewer>(
      WebRtcViewer::Options{.peer = {.local_ufrag = options.local_ufrag,
                                     .local_pwd = options.local_pwd,
                                     .remote_ufrag = answer->remote_ufrag,
                                     .remote_pwd = answer->remote_pwd,
                                     .remote_fingerprint = answer->remote_fingerprint},
                            .audio = answer->audio,
                            .video = answer->video,
                            .cname = options_.cname},
      std::move(events), dtls_, stream, *viewer_ice_port_, loop_,
      log_.with("stream", stream.name().value).with("viewer", fmt::format("{:x}", id.value)));
  const ViewerIce ice{options.local_ufrag, answer->remote_ufrag, answer->remote_pwd};
  by_ufrag_.emplace(ice.local_ufrag, id);
  const auto codec_of = [](const std::optional<sdp::ViewerTrack>& track) {
    return track ? std::optional(track->codec) : std::nullopt;
  };
  const ViewerPlays plays{name_of(codec_of(answer->audio)), name_of(codec_of(answer->video)),
                          answer->refused};
  const auto placed = viewers_.emplace(id, Viewer{.stream = stream.name(),
                                                  .ice = ice,
                                                  .address = {},
                                                  .viewer = std::move(viewer),
                                                  .asks = asks,
                                                  .plays = plays,
                                                  .formats = format_lines(answer->sdp),
                                                  .failed = callbacks.failed,
                                                  .joined = loop_.now()});
  tell_joined(id, placed.first->second);
  return ViewerAccepted{plays, answer->sdp, ice};
}

bool MediaWorker::do_remove_viewer(ViewerId id, std::string_view reason, std::string_view cause) {
  if (waiting_.erase(id.value) > 0) return true;
  const auto found = viewers_.find(id);
  if (found == viewers_.end()) return false;
  tell_left(id, found->second, reason, cause);
  found->second.viewer.reset();  // says goodbye
  forget_routes(id, found->second);
  viewers_.erase(found);
  return true;
}

void MediaWorker::forget_routes(ViewerId id, const Viewer& viewer) {
  by_ufrag_.erase(viewer.ice.local_ufrag);
  forget_address(id, viewer.address);
}

void MediaWorker::forget_address(ViewerId id, const std::optional<SocketAddress>& address) {
  if (!address) return;
  // It may be another viewer's by now: a browser that joins again from the same port.
  const auto at = by_address_.find(*address);
  if (at == by_address_.end() || at->second != id) return;
  by_address_.erase(at);
  viewer_ice_port_->close(*address);
}

void MediaWorker::note_address(ViewerId id, Viewer& viewer) {
  const auto& selected = viewer.viewer->selected();
  if (!selected || viewer.address == selected) return;
  forget_address(id, viewer.address);
  viewer.address = selected;
  by_address_.insert_or_assign(*selected, id);
  viewer_ice_port_->keep(*selected);
}

void MediaWorker::on_datagram(BytesView datagram, const SocketAddress& from, Instant now) {
  if (classify(datagram) == DatagramKind::Stun) {
    const auto known = by_ufrag_.find(stun_local_ufrag(datagram));
    if (known == by_ufrag_.end()) return;
    Viewer& viewer = viewers_.at(known->second);
    viewer.viewer->on_datagram(datagram, from, now);
    return note_address(known->second, viewer);
  }
  if (!by_address_.contains(from)) return;
  if (is_dtls(datagram)) return handshakes_.add(datagram, from);
  to_viewer(datagram, from, now);
}

void MediaWorker::to_viewer(BytesView datagram, const SocketAddress& from, Instant now) {
  const auto known = by_address_.find(from);
  if (known == by_address_.end()) return;
  viewers_.at(known->second).viewer->on_datagram(datagram, from, now);
}

void MediaWorker::on_send_overflow(const SocketAddress& to) {
  const auto known = by_address_.find(to);
  if (known != by_address_.end()) viewers_.at(known->second).viewer->on_send_overflow();
}

void MediaWorker::on_port_unreachable(const SocketAddress& to, Instant now) {
  const auto known = by_address_.find(to);
  if (known != by_address_.end()) viewers_.at(known->second).viewer->on_port_unreachable(now);
}

}  // namespace sipcast
