#include "rtp/reorder_buffer.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/check.hpp"

namespace sipcast {
namespace {
constexpr int kMaxJump = 3000;  // RFC 3550 §A.1 MAX_DROPOUT

StoredRtp store(const RtpView& rtp, BytesView datagram, Instant now) {
  StoredRtp stored{.bytes = Bytes(datagram.begin(), datagram.end()), .view = rtp, .arrival = now};
  const auto moved = [&](BytesView view) -> BytesView {
    if (view.empty()) return {};
    const auto offset = static_cast<size_t>(view.data() - datagram.data());
    CHECK(offset <= datagram.size() && view.size() <= datagram.size() - offset);
    return BytesView(stored.bytes).subspan(offset, view.size());
  };
  stored.view.extension = moved(rtp.extension);
  stored.view.payload = moved(rtp.payload);
  return stored;
}
}  // namespace

ReorderBuffer::ReorderBuffer(Wait wait, size_t capacity)
    : limits_(wait), wait_(wait.least), capacity_(capacity) {}

void ReorderBuffer::push(const RtpView& rtp, BytesView datagram, Instant now,
                         std::vector<StoredRtp>& out) {
  ++stats_.received_total;
  if (ssrc_ != rtp.ssrc) restart(rtp, out);
  const int distance = rtp.seq.distance_from(SequenceNumber(static_cast<uint16_t>(next_)));
  if (std::abs(distance) > kMaxJump) {
    if (!on_probation(rtp, datagram, now, out)) return;
    insert(next_ + 1, store(rtp, datagram, now));
  } else {
    if (probation_) {  // a single stray
      ++stats_.late_total;
      probation_.reset();
    }
    const int64_t extended = next_ + distance;
    if (distance < 0) return drop_old(extended);
    insert(extended, store(rtp, datagram, now));
  }
  release(out);
  while (held_.size() > capacity_) give_up_oldest_gap(out);
  on_timer(now, out);
}

void ReorderBuffer::flush(std::vector<StoredRtp>& out) {
  while (!held_.empty()) give_up_oldest_gap(out);
}

/// Gives out what the former sender left, and begins at `rtp`.
void ReorderBuffer::restart(const RtpView& rtp, std::vector<StoredRtp>& out) {
  flush(out);
  if (probation_ && probation_->view.ssrc != rtp.ssrc) {
    ++stats_.late_total;
    probation_.reset();
  }
  if (ssrc_) {
    ++stats_.restarts_total;
    gap_ = true;
  }
  ssrc_ = rtp.ssrc;
  next_ = rtp.seq.value();
  given_.reset();
}

/// True when `rtp` follows the last packet that jumped as far: a restart, which begins with that
/// one.
bool ReorderBuffer::on_probation(const RtpView& rtp, BytesView datagram, Instant now,
                                 std::vector<StoredRtp>& out) {
  if (probation_ && probation_->view.seq.plus(1) == rtp.seq) {
    restart(probation_->view, out);
    insert(next_, std::move(*probation_));
    probation_.reset();
    return true;
  }
  if (probation_) ++stats_.late_total;
  probation_ = store(rtp, datagram, now);
  return false;
}

void ReorderBuffer::drop_old(int64_t extended) {
  if (was_given(extended)) {
    ++stats_.duplicates_total;
    return;
  }
  ++stats_.late_total;
  wait_for(wait_);  // how much longer it was on its way is not known: twice as long, to begin with
}

/// A packet came so long after one that was sent behind it.
void ReorderBuffer::wait_for(Duration overtaken_by) {
  wait_ = std::clamp(2 * overtaken_by, wait_, std::max(wait_, limits_.most));
}

void ReorderBuffer::insert(int64_t extended, StoredRtp&& packet) {
  const Instant arrival = packet.arrival;
  const auto [placed, fresh] = held_.try_emplace(extended, std::move(packet));
  const auto successor = std::next(placed);
  if (!fresh) {
    ++stats_.duplicates_total;
  } else if (successor != held_.end()) {
    ++stats_.reordered_total;
    wait_for(arrival - successor->second.arrival);
  }
}

void ReorderBuffer::release(std::vector<StoredRtp>& out) {
  while (!held_.empty() && held_.begin()->first == next_) {
    StoredRtp& packet = out.emplace_back(std::move(held_.begin()->second));
    packet.gap_before = std::exchange(gap_, false);
    remember(next_++, true);
    held_.erase(held_.begin());
  }
}

void ReorderBuffer::give_up_oldest_gap(std::vector<StoredRtp>& out) {
  const int64_t first = held_.begin()->first;
  stats_.lost_total += static_cast<uint64_t>(first - next_);
  while (next_ < first) remember(next_++, false);
  gap_ = true;
  release(out);
  // Unless it comes after all, waiting was in vain.
  wait_ = std::max(limits_.least, wait_ - wait_ / 8);
}

std::optional<Instant> ReorderBuffer::deadline() const {
  if (held_.empty()) return {};
  // Whichever packet came first from behind the gap has shown it.
  const auto first =
      std::ranges::min_element(held_, {}, [](const auto& entry) { return entry.second.arrival; });
  return first->second.arrival + wait_;
}

void ReorderBuffer::on_timer(Instant now, std::vector<StoredRtp>& out) {
  for (auto due = deadline(); due && *due <= now; due = deadline()) give_up_oldest_gap(out);
}

}  // namespace sipcast
