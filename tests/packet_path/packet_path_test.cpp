// The packet path allocates nothing and takes no lock for a packet and a viewer: this program
// counts both on the media loop's thread, for a few viewers and for many. What it costs to bring
// one packet into the stream is the same for both.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "egress/webrtc_viewer.hpp"
#include "net/await_test.hpp"
#include "net/unique_fd.hpp"
#include "rtp/video_test_data.hpp"
#include "webrtc/browser_for_tests.hpp"

namespace {
thread_local uint64_t allocations = 0, locks = 0;
}  // namespace

extern "C" {
void* __libc_malloc(size_t);          // NOLINT
void* __libc_calloc(size_t, size_t);  // NOLINT
void* __libc_realloc(void*, size_t);  // NOLINT
void* malloc(size_t size) {
  ++allocations;
  return __libc_malloc(size);
}
void* calloc(size_t count, size_t size) {
  ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* at, size_t size) {
  ++allocations;
  return __libc_realloc(at, size);
}
int pthread_mutex_lock(pthread_mutex_t* mutex) {
  using Lock = int (*)(pthread_mutex_t*);
  static const Lock real = [] {
    void* found = ::dlsym(RTLD_NEXT, "pthread_mutex_lock");
    Lock lock = nullptr;
    std::memcpy(&lock, &found, sizeof lock);
    return lock;
  }();
  ++locks;
  return real(mutex);
}
}

namespace sipcast {
namespace {
using namespace std::chrono_literals;
using test::on;

/// One viewer whose browser lives on the test's thread.
struct Watcher {
  UniqueFd fd{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  SocketAddress address;
  BrowserForTests browser;
  std::unique_ptr<WebRtcViewer> viewer;

  Watcher() {
    sockaddr_storage storage{};
    auto* bare = reinterpret_cast<sockaddr*>(&storage);
    socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_sockaddr(storage);
    EXPECT_EQ(::bind(fd.get(), bare, size), 0);
    size = sizeof storage;
    ::getsockname(fd.get(), bare, &size);
    address = SocketAddress::from_sockaddr(bare, size);
  }
};

class PacketPathTest : public testing::Test, private DatagramReader {
 protected:
  void SetUp() override {
    loop.start();
    on(loop, [this] {
      port = std::move(
          *IcePort::open(loop, *SocketAddress::parse("127.0.0.1", 0), *this, IcePort::Tcp::Off));
      stream.set_tracks(
          {.audio = TrackInfo{.codec = Codec::Pcma}, .video = TrackInfo{.codec = Codec::H264}});
    });
  }
  void TearDown() override {
    on(loop, [this] {
      watchers.clear();
      port.reset();
    });
    loop.stop();
  }
  void on_datagram(BytesView, const SocketAddress&, Instant) override {}

  void add_watchers(size_t count) {
    for (size_t i = 0; i < count; ++i) {
      watchers.push_back(std::make_unique<Watcher>());
      connect(*watchers.back());
    }
    // A newcomer's replay has ended when the next frame comes to it at once.
    for (int tries = 0; tries < 400; ++tries) {
      const auto before = packets_of_all();
      on(loop, [this] {
        timestamp += 3600;
        stream.write_frame({.timestamp = RtpTimestamp{timestamp},
                            .arrival = loop.now(),
                            .keyframe = true,
                            .payloads = {testdata::idr(500)}});
      });
      if (packets_of_all() == before + watchers.size()) return;
      ::poll(nullptr, 0, 10);
    }
    FAIL() << "replays do not end";
  }
  uint64_t packets_of_all() {
    return on(loop, [this] {
      uint64_t total = 0;
      for (const auto& watcher : watchers) total += watcher->viewer->stats().packets_total;
      return total;
    });
  }

  void connect(Watcher& watcher) {
    watcher.browser.server_ufrag = "server";
    watcher.browser.server_pwd = "server-password-server-password";
    WebRtcViewer::Options options;
    options.peer = {.local_ufrag = watcher.browser.server_ufrag,
                    .local_pwd = watcher.browser.server_pwd,
                    .remote_ufrag = watcher.browser.our_ufrag,
                    .remote_pwd = watcher.browser.our_pwd,
                    .remote_fingerprint = watcher.browser.dtls().fingerprint()};
    options.cname = "test";
    sdp::ViewerTrack audio{}, video{};
    audio.codec = Codec::Pcma;
    audio.payload_type = 8;
    audio.ssrc = Ssrc{1};
    video.codec = Codec::H264;
    video.payload_type = 102;
    video.ssrc = Ssrc{2};
    audio.formats = {{Codec::Pcma, 8}};
    video.formats = {{Codec::H264, 102}};
    options.audio = audio;
    options.video = video;
    bool playing = false;
    on(loop, [&] {
      watcher.viewer = std::make_unique<WebRtcViewer>(
          options, WebRtcViewer::Events{.playing = [&playing] { playing = true; }}, *dtls, stream,
          *port, loop, Logger::none());
    });
    for (int tries = 0; tries < 400 && !playing; ++tries) {
      watcher.browser.on_timer(std::chrono::steady_clock::now());
      for (const Bytes& bytes : watcher.browser.take_output()) {
        on(loop, [&] { watcher.viewer->on_datagram(bytes, watcher.address, loop.now()); });
      }
      pollfd ready{.fd = watcher.fd.get(), .events = POLLIN, .revents = 0};
      if (::poll(&ready, 1, 10) <= 0) continue;
      uint8_t bytes[2048];
      for (ssize_t got; (got = ::recv(watcher.fd.get(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
        watcher.browser.on_datagram(BytesView(bytes).first(static_cast<size_t>(got)),
                                    std::chrono::steady_clock::now());
      }
    }
    ASSERT_TRUE(playing);
  }

  struct Count {
    uint64_t allocations = 0, locks = 0;
  };
  /// Of the loop's thread, from before ten frames and sounds go into the stream until they are
  /// sent. The least of some tries: a report that falls due in between costs something, too.
  Count count_of_frames() {
    Count least{UINT64_MAX, UINT64_MAX};
    for (int tries = 0; tries < 20; ++tries) {
      Count before;
      on(loop, [&] {
        std::vector<NormalFrame> frames;
        for (int i = 0; i < 10; ++i) {
          timestamp += 3600;
          frames.push_back(
              {.timestamp = RtpTimestamp{timestamp},
               .arrival = loop.now(),
               .keyframe = i == 0,
               .payloads = {testdata::idr(1000), testdata::idr(1000), testdata::idr(700)}});
        }
        const Bytes sound(160);
        before = {allocations, locks};
        for (NormalFrame& frame : frames) {
          stream.write_audio(RtpTimestamp{timestamp}, false, sound, loop.now());
          stream.write_frame(std::move(frame));
        }
      });
      Count after;
      on(loop, [&] { after = {allocations, locks}; });  // the turn of the frames has ended
      least.allocations = std::min(least.allocations, after.allocations - before.allocations);
      least.locks = std::min(least.locks, after.locks - before.locks);
    }
    return least;
  }

  std::unique_ptr<DtlsContext> dtls =
      std::make_unique<DtlsContext>(std::move(*DtlsContext::create()));
  MediaLoop loop{{.name = "test", .socket_buffer_bytes = 1 << 20}, Logger::none()};
  Stream stream{StreamName{"room"}, Logger::none()};
  std::unique_ptr<IcePort> port;
  std::vector<std::unique_ptr<Watcher>> watchers;
  uint32_t timestamp = 0;
};

TEST_F(PacketPathTest, CostsNoAllocationAndNoLockForAPacketAndAViewer) {
  add_watchers(2);
  const Count few = count_of_frames();
  EXPECT_GT(few.allocations, 0u) << "the packets themselves are made";
  add_watchers(18);
  const uint64_t before = packets_of_all();
  const Count many = count_of_frames();
  EXPECT_EQ(many.allocations, few.allocations);
  EXPECT_EQ(many.locks, few.locks);
  EXPECT_EQ(packets_of_all() - before, 20u * 20u * 40u) << "every packet went to every viewer";
}

}  // namespace
}  // namespace sipcast
