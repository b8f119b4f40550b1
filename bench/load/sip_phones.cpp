#include "bench/load/sip_phones.hpp"

#include "base/check.hpp"
#include "base/random.hpp"
#include "rtp/rtcp.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;
constexpr int kBuffer = 8 << 20;
const SocketAddress kLoopback = *SocketAddress::parse("127.0.0.1", 0);

Instant now() { return std::chrono::steady_clock::now(); }

/// An even port and the odd one behind it.
std::pair<UniqueFd, UniqueFd> open_pair() {
  for (;;) {
    UniqueFd rtp = open_udp(kLoopback, kBuffer);
    const uint16_t port = address_of(rtp.get()).port();
    if (port % 2 != 0) continue;
    try {
      return {std::move(rtp), open_udp(kLoopback.with_port(static_cast<uint16_t>(port + 1)), kBuffer)};
    } catch (const std::system_error&) {
      continue;  // somebody has it
    }
  }
}

}  // namespace

struct SipPhones::Call final : sip::CallObserver {
  explicit Call(SipPhones& owner, uint64_t number) : phones(owner), id(number) {}
  void on_provisional(int, std::string_view, std::string_view) override {}
  void on_answered(std::string_view, const SocketAddress&) override {}
  Result<std::string> on_reoffer(std::string_view offer) override {
    auto answer = sdp::make_answer(offer, local);
    if (!answer) return std::unexpected(answer.error());
    return answer->sdp;
  }
  void on_late_answer(std::string_view) override {}
  void on_reoffer_answered(std::string_view) override {}
  void on_reoffer_failed(const sip::Ending&) override {}
  int on_info(std::string_view, std::string_view body) override {
    if (body.find("picture_fast_update") != std::string_view::npos) {
      ++phones.totals_.keyframes_asked_for;
      source->want_keyframe();
    }
    return 200;
  }
  void on_ended(const sip::Ending&) override {
    ++phones.totals_.ended;
    phones.by_ssrc_.erase(source->video_ssrc().value);
    phones.loop_.post([&owner = phones, number = id] { owner.calls_.erase(number); });
  }

  SipPhones& phones;
  uint64_t id;
  sdp::SipLocal local;
  std::optional<MediaSource> source;
  SocketAddress audio_to, video_to;
  uint8_t audio_type = 8, video_type = 96;
};

SipPhones::SipPhones(const SourceOptions& source, int core)
    : source_(source), sip_(open_udp(kLoopback, kBuffer)), loop_("phones", core) {
  std::tie(audio_, audio_rtcp_) = open_pair();
  std::tie(video_, video_rtcp_) = open_pair();
  sip_address_ = address_of(sip_.get());
  sip::UserAgentIo& io = *this;
  agent_ = std::make_unique<sip::UserAgent>(
      sip::UserAgent::Options{.product = "bench", .max_calls = 100'000}, io, Logger::none());
  agent_->set_incoming_handler([this](const sip::IncomingCall& call) { on_incoming(call); });
  on_sip_ = [this] { on_sip(); };
  on_audio_ = [this] { drain_.drain(audio_.get(), [](auto&&...) {}); };  // silence
  on_audio_rtcp_ = [this] { on_rtcp(audio_rtcp_.get()); };
  on_video_ = [this] { on_rtcp(video_.get()); };
  on_video_rtcp_ = [this] { on_rtcp(video_rtcp_.get()); };
  loop_.ask([this] {
    loop_.watch(sip_.get(), &on_sip_);
    loop_.watch(audio_.get(), &on_audio_);
    loop_.watch(audio_rtcp_.get(), &on_audio_rtcp_);
    loop_.watch(video_.get(), &on_video_);
    loop_.watch(video_rtcp_.get(), &on_video_rtcp_);
  });
}

SipPhones::~SipPhones() { loop_.stop(); }

void SipPhones::send(const sip::Target& to, std::string message, const std::string&) {
  const auto address = SocketAddress::parse(to.host, to.port ? to.port : uint16_t{5060});
  if (!address) return;
  sockaddr_storage storage{};
  const socklen_t size = address->to_sockaddr(storage);
  [[maybe_unused]] const ssize_t sent =
      ::sendto(sip_.get(), message.data(), message.size(), MSG_NOSIGNAL,
               reinterpret_cast<const sockaddr*>(&storage), size);
}

SocketAddress SipPhones::advertised(const sip::Target&) { return sip_address_; }

void SipPhones::on_sip() {
  drain_.drain(sip_.get(), [this](BytesView bytes, const SocketAddress& from, uint64_t at) {
    received_ns_ = at;
    agent_->on_message(bytes, sip::Transport::Udp, from, now());
  });
  arm_agent();
}

void SipPhones::arm_agent() {
  const Instant due = agent_->deadline().value_or(Instant::max());
  if (due >= agent_due_ && agent_due_ != Instant::max()) return;  // it wakes soon enough
  loop_.cancel(agent_timer_);
  agent_due_ = due;
  if (due == Instant::max()) return;
  agent_timer_ = loop_.at(due, [this] {
    agent_due_ = Instant::max();
    agent_->on_timer(now());
    arm_agent();
  });
}

void SipPhones::on_incoming(const sip::IncomingCall& incoming) {
  ++totals_.invites;
  invited_.emplace(incoming.request_user, received_ns_);
  auto call = std::make_unique<Call>(*this, next_call_++);
  call->local = {.ip = "127.0.0.1",
                 .audio_port = address_of(audio_.get()).port(),
                 .video_port = source_.video_bps > 0 ? address_of(video_.get()).port() : uint16_t{0},
                 .audio_codecs = {Codec::Pcma},
                 .video_codecs = {Codec::H264},
                 .session_id = call->id};
  const auto answer = sdp::make_answer(incoming.sdp, call->local);
  if (!answer) return agent_->reject(incoming.handle, 488, now());
  const auto& [audio, video] = answer->agreement;
  if (audio) {
    call->audio_to = audio->remote_rtp;
    call->audio_type = audio->send.payload_type;
  }
  if (video) {
    call->video_to = video->remote_rtp;
    call->video_type = video->send.payload_type;
  }
  SourceOptions options = source_;
  options.audio = options.audio && audio;
  if (!video) options.video_bps = 0;
  // Phones do not send in step: each begins within the next frame's time.
  const Duration phase = calls_.empty() ? 0ms : Duration(40ms) * (random_u32() % 1000) / 1000;
  call->source.emplace(options, now() + phase);
  by_ssrc_[call->source->video_ssrc().value] = call.get();
  due_.push({call->source->next(), call->id});
  Call& placed = *calls_.emplace(call->id, std::move(call)).first->second;
  agent_->accept(incoming.handle, answer->sdp, placed, now());
  ++totals_.answered;
  arm_media();
}

void SipPhones::arm_media() {
  loop_.cancel(media_timer_);
  if (due_.empty()) return;
  media_timer_ = loop_.at(due_.top().at, [this] { send_due(); });
}

void SipPhones::send_due() {
  const Instant at = now();
  while (!due_.empty() && due_.top().at <= at) {
    const uint64_t id = due_.top().call;
    due_.pop();
    const auto found = calls_.find(id);
    if (found == calls_.end()) continue;
    send_media(*found->second, at);
    due_.push({found->second->source->next(), id});
  }
  video_batch_.flush(video_.get());
  audio_batch_.flush(audio_.get());
  arm_media();
}

void SipPhones::send_media(Call& call, Instant at) {
  for (DuePacket packet; call.source->take(at, packet);) {
    const bool audio = packet.kind == MediaKind::Audio;
    UdpBatch& batch = audio ? audio_batch_ : video_batch_;
    const uint64_t stamp = wall_ns();
    const size_t size = call.source->write(packet, audio ? call.audio_type : call.video_type, stamp,
                                           batch.space());
    batch.add(audio ? audio_.get() : video_.get(), size, audio ? call.audio_to : call.video_to);
    ++totals_.packets;
    totals_.bytes += size;
    if (packet.marker) ends_.set(packet.frame, stamp);
  }
}

void SipPhones::on_rtcp(int fd) {
  drain_.drain(fd, [this](BytesView bytes, const SocketAddress&, uint64_t) {
    const auto packets = rtcp::parse(bytes);
    if (!packets) return;
    for (const rtcp::Packet& packet : *packets) {
      std::optional<Ssrc> media;
      if (const auto* pli = std::get_if<rtcp::Pli>(&packet)) media = pli->media;
      if (const auto* fir = std::get_if<rtcp::Fir>(&packet)) media = fir->media;
      const auto call = media ? by_ssrc_.find(media->value) : by_ssrc_.end();
      if (call == by_ssrc_.end()) continue;
      ++totals_.keyframes_asked_for;
      call->second->source->want_keyframe();
    }
  });
}

PhoneTotals SipPhones::totals() {
  PhoneTotals taken;
  loop_.ask([&] { taken = totals_; });
  return taken;
}

uint64_t SipPhones::invited_ns(const std::string& user) {
  uint64_t at = 0;
  loop_.ask([&] {
    const auto found = invited_.find(user);
    if (found != invited_.end()) at = found->second;
  });
  return at;
}

}  // namespace sipcast::bench
