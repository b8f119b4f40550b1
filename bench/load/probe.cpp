#include "bench/load/probe.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <algorithm>
#include <cstring>
#include <thread>

#include "base/random.hpp"
#include "bench/load/poll_loop.hpp"
#include "bench/load/udp.hpp"
#include "rtp/rtp_parser.hpp"
#include "secure/srtp.hpp"

namespace sipcast::bench {
namespace {
constexpr size_t kMessages = 64, kArena = 4 << 20, kMaxSegments = 60, kMaxSuperPacket = 65'000;

struct Target {
  sockaddr_storage storage{};
  socklen_t size = 0;
  SrtpSender sender;
  uint16_t audio_seq = 1, video_seq = 1;
};

/// The loop's packets of one turn.
struct Ready {
  DuePacket packet;
  Bytes payload;
};

class Loop {
 public:
  Loop(const SourceOptions& options, const std::vector<SocketAddress>& viewers, ProbeSend send)
      : send_(send),
        source_(options, std::chrono::steady_clock::now()),
        fd_(open_udp(*SocketAddress::parse("127.0.0.1", 0), 1 << 20)),
        arena_(kArena),
        messages_(kMessages),
        pieces_(kMessages),
        controls_(kMessages) {
    const int buffer = 4 << 20;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    targets_.reserve(viewers.size());
    for (const SocketAddress& viewer : viewers) {
      SrtpMasterKey key;
      random_bytes(key.key);
      Target& target = targets_.emplace_back(
          Target{.sender = std::move(*SrtpSender::create(key))});
      target.size = viewer.to_sockaddr(target.storage);
    }
  }

  void run(Duration duration) {
    const Instant end = std::chrono::steady_clock::now() + duration;
    for (Instant now = std::chrono::steady_clock::now(); now < end;
         now = std::chrono::steady_clock::now()) {
      turn(now);
      std::this_thread::sleep_until(source_.next());
    }
  }
  uint64_t packets() const { return packets_; }
  uint64_t not_sent() const { return not_sent_; }

 private:
  void turn(Instant now) {
    ready_.clear();
    for (DuePacket due; source_.take(now, due);) {
      Ready& ready = ready_.emplace_back(Ready{due, Bytes(due.payload_size)});
      MediaSource::write_payload(due, wall_ns(), ready.payload);
    }
    if (send_ == ProbeSend::Gso) {
      for (Target& target : targets_) put_runs(target);
    } else {
      for (const Ready& ready : ready_) {
        for (Target& target : targets_) put({&ready, 1}, target);
      }
    }
    flush();
  }

  /// Equal sizes, of which the last may be shorter.
  void put_runs(Target& target) {
    for (size_t first = 0; first < ready_.size();) {
      size_t count = 1, total = ready_[first].payload.size();
      const size_t size = total;
      while (first + count < ready_.size() && count < kMaxSegments &&
             ready_[first + count].payload.size() <= size && total + size < kMaxSuperPacket) {
        const size_t next = ready_[first + count++].payload.size();
        total += next;
        if (next < size) break;
      }
      put(std::span(ready_).subspan(first, count), target);
      first += count;
    }
  }

  void put(std::span<const Ready> run, Target& target) {
    if (used_ + kMaxSuperPacket + 4096 > arena_.size() || message_count_ == kMessages) flush();
    const size_t begin = used_;
    size_t segment = 0;
    for (const Ready& ready : run) {
      const bool audio = ready.packet.kind == MediaKind::Audio;
      uint8_t header[kRtpHeaderSize];
      write_rtp_header({.marker = ready.packet.marker,
                        .payload_type = static_cast<uint8_t>(audio ? 8 : 102),
                        .seq = SequenceNumber(audio ? target.audio_seq++ : target.video_seq++),
                        .timestamp = RtpTimestamp{ready.packet.frame * 3600},
                        .ssrc = Ssrc{audio ? 1u : 2u}},
                       header);
      const size_t size = target.sender.seal(header, ready.payload, std::span(arena_).subspan(used_));
      if (segment == 0) segment = size;
      used_ += size;
      ++packets_;
    }
    pieces_[message_count_] = {&arena_[begin], used_ - begin};
    msghdr& message = (messages_[message_count_] = {}).msg_hdr;
    message.msg_name = &target.storage;
    message.msg_namelen = target.size;
    message.msg_iov = &pieces_[message_count_];
    message.msg_iovlen = 1;
    if (run.size() > 1) {
      Control& control = controls_[message_count_];
      message.msg_control = control.bytes.data();
      message.msg_controllen = control.bytes.size();
      cmsghdr* out = CMSG_FIRSTHDR(&message);
      out->cmsg_level = SOL_UDP;
      out->cmsg_type = UDP_SEGMENT;
      out->cmsg_len = CMSG_LEN(sizeof(uint16_t));
      const auto size = static_cast<uint16_t>(segment);
      std::memcpy(CMSG_DATA(out), &size, sizeof size);
    }
    ++message_count_;
  }

  void flush() {
    for (size_t at = 0; at < message_count_;) {
      const int sent = ::sendmmsg(fd_.get(), &messages_[at],
                                  static_cast<unsigned>(message_count_ - at), MSG_DONTWAIT);
      if (sent <= 0) ++not_sent_;
      at += sent > 0 ? static_cast<size_t>(sent) : 1;
    }
    message_count_ = 0;
    used_ = 0;
  }

  struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(uint16_t))> bytes;
  };
  ProbeSend send_;
  MediaSource source_;
  UniqueFd fd_;
  std::vector<Target> targets_;
  std::vector<Ready> ready_;
  std::vector<uint8_t> arena_;
  size_t used_ = 0;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> pieces_;
  std::vector<Control> controls_;
  size_t message_count_ = 0;
  uint64_t packets_ = 0, not_sent_ = 0;
};

uint64_t thread_cpu_ns() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return static_cast<uint64_t>(used.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(used.tv_nsec);
}

}  // namespace

ProbeResult run_probe(const SourceOptions& source, const std::vector<SocketAddress>& viewers,
                      ProbeSend send, Duration duration, int core) {
  ProbeResult result;
  std::thread([&] {
    pin_thread(core);
    Loop loop(source, viewers, send);
    loop.run(std::chrono::milliseconds(300));  // warm
    const uint64_t packets = loop.packets(), cpu = thread_cpu_ns();
    loop.run(duration);
    result.packets = loop.packets() - packets;
    result.not_sent = loop.not_sent();
    result.ns_per_packet =
        static_cast<double>(thread_cpu_ns() - cpu) / static_cast<double>(std::max<uint64_t>(1, result.packets));
  }).join();
  return result;
}

}  // namespace sipcast::bench
