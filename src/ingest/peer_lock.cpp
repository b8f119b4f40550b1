#include "ingest/peer_lock.hpp"

namespace sipcast {
namespace {
constexpr int kConsistentPackets = 5;
constexpr Duration kSilence = std::chrono::seconds(2);  // then another source may take over
constexpr int kMaxStep = 3;  // of sequence numbers between two of its packets
}  // namespace

void PeerLock::reset(const SocketAddress& signalled) {
  signalled_ = signalled;
  peer_.reset();
  candidate_.reset();
}

bool PeerLock::accept(const SocketAddress& from, const RtpView& rtp, Instant now) {
  if (from == (peer_ ? *peer_ : signalled_)) {
    peer_ = from;
    last_accepted_ = now;
    return true;
  }
  if (peer_ && now - last_accepted_ < kSilence) return false;

  const int step = candidate_ ? rtp.seq.distance_from(candidate_->next) : 0;
  if (!candidate_ || !(candidate_->address == from) || candidate_->ssrc != rtp.ssrc || step < 0 ||
      step > kMaxStep) {
    candidate_ = Candidate{.address = from, .ssrc = rtp.ssrc, .next = rtp.seq};
  }
  candidate_->next = rtp.seq.plus(1);
  if (++candidate_->packets < kConsistentPackets) return false;
  peer_ = from;
  candidate_.reset();
  last_accepted_ = now;
  return true;
}

}  // namespace sipcast
