#include "net/send_queue.hpp"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <cerrno>
#include <cstring>
#include <functional>

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

namespace sipcast {
namespace {

constexpr uint32_t kNone = UINT32_MAX;
constexpr int kMaxGsoRefusals = 16;

}  // namespace

void SendQueue::add(BytesView datagram, const SocketAddress& to) {
  const auto index = static_cast<uint32_t>(datagrams_.size());
  datagrams_.push_back({datagram, kNone});
  Destination& destination = destinations_[last_ = destination_of(to)];
  if (destination.first == kNone) {
    destination.first = index;
  } else {
    datagrams_[destination.last].next = index;
  }
  destination.last = index;
}

uint32_t SendQueue::destination_of(const SocketAddress& to) {
  if (!destinations_.empty()) {
    if (destinations_[last_].address == to) return last_;
    // Packet by packet over the same viewers: the next one is likely the one that came next before.
    const uint32_t next = last_ + 1 < destinations_.size() ? last_ + 1 : 0;
    if (destinations_[next].address == to) return next;
  }
  return look_up(to);
}

uint32_t SendQueue::look_up(const SocketAddress& to) {
  if (table_.size() < 2 * (destinations_.size() + 1)) grow_table();
  const size_t mask = table_.size() - 1;
  size_t slot = std::hash<SocketAddress>{}(to)&mask;
  for (; table_[slot] != kNone; slot = (slot + 1) & mask) {
    if (destinations_[table_[slot]].address == to) return table_[slot];
  }
  table_[slot] = static_cast<uint32_t>(destinations_.size());
  Destination& added = destinations_.emplace_back();
  added.address = to;
  added.storage_size = to.to_sockaddr(added.storage);
  added.first = added.last = kNone;
  added.table_slot = slot;
  return table_[slot];
}

void SendQueue::grow_table() {
  table_.assign(std::max<size_t>(16, 2 * table_.size()), kNone);
  const size_t mask = table_.size() - 1;
  for (uint32_t i = 0; i < destinations_.size(); ++i) {
    size_t slot = std::hash<SocketAddress>{}(destinations_[i].address) & mask;
    while (table_[slot] != kNone) slot = (slot + 1) & mask;
    table_[slot] = i;
    destinations_[i].table_slot = slot;
  }
}

void SendQueue::flush(int fd, SendBatch& batch, SendCounts& counts) {
  if (datagrams_.empty()) return;
  full_ = false;
  overflowed_.clear();
  batch.message_count_ = batch.piece_count_ = 0;
  const size_t start = turn_++ % destinations_.size();
  for (size_t i = 0; i < destinations_.size(); ++i) {
    put_destination(fd, destinations_[(start + i) % destinations_.size()], batch, counts);
  }
  send_batch(fd, batch, counts);
  for (const Destination& destination : destinations_) table_[destination.table_slot] = kNone;
  destinations_.clear();
  datagrams_.clear();
  last_ = 0;
}

void SendQueue::put_destination(int fd, Destination& to, SendBatch& batch, SendCounts& counts) {
  for (uint32_t next = to.first; next != kNone;) {
    if (batch.message_count_ == SendBatch::kMessages ||
        batch.piece_count_ + SendBatch::kMaxSegments > SendBatch::kPieces) {
      send_batch(fd, batch, counts);
    }
    next = put_message(next, to, batch);
  }
}

/// Joins what may be joined: equal sizes, of which the last may be shorter. Returns the first
/// datagram behind that.
uint32_t SendQueue::put_message(uint32_t first, Destination& to, SendBatch& batch) const {
  const size_t segment = datagrams_[first].bytes.size();
  const size_t first_piece = batch.piece_count_;
  size_t total = 0;
  uint32_t next = first;
  for (bool more = true; more && next != kNone; next = datagrams_[next].next) {
    const BytesView bytes = datagrams_[next].bytes;
    const size_t pieces = batch.piece_count_ - first_piece;
    if (pieces > 0 && (bytes.size() > segment || total + bytes.size() > kMaxUdpPayload)) break;
    batch.pieces_[batch.piece_count_++] = {const_cast<uint8_t*>(bytes.data()), bytes.size()};
    total += bytes.size();
    more = gso_ && bytes.size() == segment && pieces + 1 < SendBatch::kMaxSegments;
  }
  const size_t pieces = batch.piece_count_ - first_piece;
  msghdr& message = (batch.messages_[batch.message_count_] = {}).msg_hdr;
  message.msg_name = &to.storage;
  message.msg_namelen = to.storage_size;
  message.msg_iov = &batch.pieces_[first_piece];
  message.msg_iovlen = pieces;
  if (pieces > 1) {
    auto& control = batch.controls_[batch.message_count_];
    control.bytes.fill(0);
    message.msg_control = control.bytes.data();
    message.msg_controllen = control.bytes.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_UDP;
    header->cmsg_type = UDP_SEGMENT;
    header->cmsg_len = CMSG_LEN(sizeof(uint16_t));
    const auto size = static_cast<uint16_t>(segment);
    std::memcpy(CMSG_DATA(header), &size, sizeof size);
  }
  ++batch.message_count_;
  return next;
}

void SendQueue::send_batch(int fd, SendBatch& batch, SendCounts& counts) {
  bool retried = false;
  for (size_t at = 0; at < batch.message_count_;) {
    const size_t left = batch.message_count_ - at;
    const int taken = full_ ? 0
                            : ::sendmmsg(fd, &batch.messages_[at], static_cast<unsigned>(left),
                                         MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken > 0) {
      for (const size_t end = at + static_cast<size_t>(taken); at < end; ++at) {
        const size_t pieces = batch.messages_[at].msg_hdr.msg_iovlen;
        counts.sent += pieces;
        if (pieces > 1) ++counts.gso_batches, gso_refusals_ = 0;
      }
      retried = false;
      continue;
    }
    const int error = full_ ? EAGAIN : errno;
    const msghdr& message = batch.messages_[at].msg_hdr;
    if (error == EINTR) continue;
    // An ICMP error of an earlier datagram is reported once, in place of sending this one.
    if ((error == ECONNREFUSED || error == EHOSTUNREACH) && !retried) {
      retried = true;
      continue;
    }
    retried = false;
    full_ = full_ || error == EAGAIN || error == ENOBUFS;
    if (message.msg_iovlen > 1 && (error == EIO || error == EINVAL || error == EMSGSIZE)) {
      on_gso_refused(error, counts);
      send_plainly(fd, message, counts);
    } else {
      counts.dropped += message.msg_iovlen;
      if (full_) note_overflow(message);
    }
    ++at;
  }
  batch.message_count_ = batch.piece_count_ = 0;
}

void SendQueue::note_overflow(const msghdr& message) {
  const auto* name = static_cast<const sockaddr*>(message.msg_name);
  const SocketAddress to = SocketAddress::from_sockaddr(name, message.msg_namelen);
  // All that goes to one destination comes in a row.
  if (overflowed_.empty() || !(overflowed_.back() == to)) overflowed_.push_back(to);
}

/// EIO: the route's device cannot checksum them, ever. EINVAL may be one path with a small MTU.
void SendQueue::on_gso_refused(int error, SendCounts& counts) {
  ++counts.gso_refused;
  if (error == EIO || ++gso_refusals_ >= kMaxGsoRefusals) gso_ = false;
}

void SendQueue::send_plainly(int fd, const msghdr& message, SendCounts& counts) {
  for (size_t i = 0; i < message.msg_iovlen; ++i) {
    msghdr plain{};
    plain.msg_name = message.msg_name;
    plain.msg_namelen = message.msg_namelen;
    plain.msg_iov = message.msg_iov + i;
    plain.msg_iovlen = 1;
    const ssize_t sent = ::sendmsg(fd, &plain, MSG_DONTWAIT | MSG_NOSIGNAL);
    ++(sent >= 0 ? counts.sent : counts.dropped);
  }
}

}  // namespace sipcast
