#include "bench/load/viewer_fleet.hpp"

#include "base/check.hpp"

namespace sipcast::bench {
namespace {
using namespace std::chrono_literals;
constexpr int kViewerBuffer = 1 << 20, kSinkBuffer = 1 << 20;
const SocketAddress kLoopback = *SocketAddress::parse("127.0.0.1", 0);
// Janus takes no candidate of the loopback: a viewer has the address that the route gives it.
const SocketAddress kAny = *SocketAddress::parse("0.0.0.0", 0);
}  // namespace

ViewerFleet::ViewerFleet(int core, size_t signalling_threads, const DtlsContext& dtls,
                         const FrameEnds& ends)
    : dtls_(dtls), ends_(ends), loop_("viewers", core) {
  for (size_t i = 0; i < signalling_threads; ++i) {
    workers_.emplace_back([this, core] {
      pin_thread(core);
      run_jobs();
    });
  }
}

ViewerFleet::~ViewerFleet() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  for (std::thread& worker : workers_) worker.join();
  loop_.stop();
}

void ViewerFleet::run_jobs() {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return closing_ || !jobs_.empty(); });
    if (closing_) return;
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    ++busy_;
    lock.unlock();
    job();
    --busy_;
  }
}

void ViewerFleet::add_job(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
}

size_t ViewerFleet::idle_jobs() {
  const std::lock_guard lock(mutex_);
  return jobs_.size() + busy_;
}

void ViewerFleet::join(size_t count, Duration apart, const MakeSignalling& make) {
  const size_t first = asked_;
  asked_ += count;
  loop_.post([this, first, count, apart, make] {
    for (size_t i = 0; i < count; ++i) {
      loop_.at(loop_.now() + apart * static_cast<int64_t>(i), [this, id = first + i, make] {
        ask(id, std::shared_ptr<Signalling>(make(id)));
      });
    }
  });
}

void ViewerFleet::ask(size_t id, const std::shared_ptr<Signalling>& by) {
  Member& member = members_[id];
  member.viewer = std::make_unique<Viewer>(dtls_, ends_);
  member.viewer->sample_by(static_cast<uint32_t>(id));
  member.fd = open_udp(kAny, kViewerBuffer);
  member.readable = [this, id] { read(id); };
  member.signalling = by;
  loop_.watch(member.fd.get(), &member.readable);
  ViewerOffer offer = member.viewer->offer();
  offer.port = address_of(member.fd.get()).port();
  add_job([this, id, by, offer] {
    const Instant asked = std::chrono::steady_clock::now();
    const uint64_t asked_ns = wall_ns();
    auto remote = by->join(offer);
    loop_.post([this, id, asked, asked_ns, remote = std::move(remote)] {
      const auto found = members_.find(id);
      if (found == members_.end()) return;
      found->second.asked = asked;
      found->second.asked_ns = asked_ns;
      answered(id, remote);
    });
  });
}

void ViewerFleet::answered(size_t id, const Result<ViewerRemote>& remote) {
  Member& member = members_.at(id);
  member.time.answered_ms =
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - member.asked)
          .count();
  if (!remote) {
    member.time.error = remote.error().cause;
    return settle_one(id, member);
  }
  Viewer::Output out;
  member.viewer->start(*remote, loop_.now(), out);
  after(id, out);
}

void ViewerFleet::settle_one(size_t id, Member& member) {
  if (std::exchange(member.settled, true)) return;
  times_[id] = member.time;
  if (member.time.error.empty()) ++watching_;
  ++settled_;
}

void ViewerFleet::read(size_t id) {
  Member& member = members_.at(id);
  Viewer::Output out;
  drain_.drain(member.fd.get(), [&](BytesView bytes, const SocketAddress&, uint64_t received_ns) {
    ViewerTotals& totals = id < measured_ ? totals_ : unmeasured_;
    member.viewer->on_datagram(bytes, received_ns, loop_.now(), totals, out);
  });
  after(id, out);
}

void ViewerFleet::after(size_t id, Viewer::Output& out) {
  Member& member = members_.at(id);
  if (!out.empty()) {
    sockaddr_storage storage{};
    const socklen_t size = member.viewer->remote().candidate.to_sockaddr(storage);
    for (const Bytes& datagram : out) {
      [[maybe_unused]] const ssize_t sent =
          ::sendto(member.fd.get(), datagram.data(), datagram.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&storage), size);
    }
  }
  if (!member.settled && member.viewer->first_keyframe_ns()) {
    member.time.keyframe_ns = *member.viewer->first_keyframe_ns();
    member.time.keyframe_ms = static_cast<double>(member.time.keyframe_ns - member.asked_ns) / 1e6;
    settle_one(id, member);
  }
  const Instant due = member.viewer->deadline();
  if (due == member.timer_due) return;
  loop_.cancel(member.timer);
  member.timer_due = due;
  if (due == Instant::max()) return;
  member.timer = loop_.at(due, [this, id] {
    Member& woken = members_.at(id);
    woken.timer_due = Instant::max();
    Viewer::Output more;
    woken.viewer->on_timer(loop_.now(), more);
    after(id, more);
  });
}

bool ViewerFleet::settle(Duration patience) {
  const Instant until = std::chrono::steady_clock::now() + patience;
  while (settled_ < asked_) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

void ViewerFleet::leave(size_t count, size_t from) {
  loop_.ask([&] {
    for (auto at = members_.lower_bound(from); count > 0 && at != members_.end(); --count) {
      auto& [id, member] = *at;
      member.viewer->count_lost(id < measured_ ? totals_ : unmeasured_);
      loop_.cancel(member.timer);
      if (member.settled && member.time.error.empty()) --watching_;
      if (!member.settled) {  // it is not waited for any more
        member.time.error = "left";
        times_[id] = member.time;
        ++settled_;
      }
      if (member.time.error.empty() || !member.viewer->remote().resource.empty()) {
        add_job([by = member.signalling, resource = member.viewer->remote().resource] {
          by->leave(resource);
        });
      }
      at = members_.erase(at);
    }
  });
}

ViewerTotals ViewerFleet::take_totals() {
  ViewerTotals taken;
  loop_.ask([&] {
    for (auto& [id, member] : members_) {
      if (id < measured_) member.viewer->count_lost(totals_);
    }
    unmeasured_ = {};
    taken = std::exchange(totals_, {});
  });
  return taken;
}

std::vector<JoinTime> ViewerFleet::take_times() {
  std::vector<JoinTime> taken;
  loop_.ask([&] {
    for (const auto& [id, time] : times_) taken.push_back(time);
    times_.clear();
  });
  return taken;
}

std::vector<SocketAddress> ViewerFleet::open_sinks(size_t count) {
  std::vector<SocketAddress> addresses;
  loop_.ask([&] {
    for (size_t i = 0; i < count; ++i) {
      auto sink = std::make_unique<Sink>();
      sink->fd = open_udp(kLoopback, kSinkBuffer);
      sink->readable = [this, fd = sink->fd.get()] {
        drain_.drain(fd, [](BytesView, const SocketAddress&, uint64_t) {});
      };
      loop_.watch(sink->fd.get(), &sink->readable);
      addresses.push_back(address_of(sink->fd.get()));
      sinks_.push_back(std::move(sink));
    }
  });
  return addresses;
}

void ViewerFleet::close_sinks() {
  loop_.ask([this] { sinks_.clear(); });
}

}  // namespace sipcast::bench
