#include "bench/load/udp.hpp"

#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>

namespace sipcast::bench {

UniqueFd open_udp(const SocketAddress& local, int receive_buffer) {
  UniqueFd fd(::socket(local.is_v6() ? AF_INET6 : AF_INET,
                       SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  sockaddr_storage storage{};
  const socklen_t size = local.to_sockaddr(storage);
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), size) != 0) {
    throw std::system_error(errno, std::generic_category(), "UDP at " + local.to_string());
  }
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on);
  // Beyond net.core.rmem_max where we may: what the generator loses says nothing about the server.
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  return fd;
}

SocketAddress address_of(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  return ::getsockname(fd, address, &size) == 0 ? SocketAddress::from_sockaddr(address, size)
                                                : SocketAddress{};
}

UdpDrain::UdpDrain() : bytes_(kDatagrams * kSize) {
  for (size_t i = 0; i < kDatagrams; ++i) {
    pieces_[i] = {&bytes_[i * kSize], kSize};
    messages_[i].msg_hdr.msg_iov = &pieces_[i];
    messages_[i].msg_hdr.msg_iovlen = 1;
    messages_[i].msg_hdr.msg_name = &addresses_[i];
    messages_[i].msg_hdr.msg_control = controls_[i].bytes.data();
  }
}

int UdpDrain::receive(int fd) {
  for (mmsghdr& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = kControl;
  }
  return ::recvmmsg(fd, messages_.data(), kDatagrams, MSG_DONTWAIT, nullptr);
}

SocketAddress UdpDrain::from(size_t i) const {
  return SocketAddress::from_sockaddr(reinterpret_cast<const sockaddr*>(&addresses_[i]),
                                      messages_[i].msg_hdr.msg_namelen);
}

uint64_t UdpDrain::received_ns(size_t i) {
  msghdr& message = messages_[i].msg_hdr;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec at{};
    std::memcpy(&at, CMSG_DATA(header), sizeof at);
    return static_cast<uint64_t>(at.tv_sec) * 1'000'000'000u + static_cast<uint64_t>(at.tv_nsec);
  }
  return 0;
}

UdpBatch::UdpBatch(size_t datagrams)
    : bytes_(datagrams * kSize), messages_(datagrams), pieces_(datagrams), addresses_(datagrams) {}

void UdpBatch::add(int fd, size_t size, const SocketAddress& to) {
  pieces_[used_] = {&bytes_[used_ * kSize], size};
  msghdr& message = (messages_[used_] = {}).msg_hdr;
  message.msg_namelen = to.to_sockaddr(addresses_[used_]);
  message.msg_name = &addresses_[used_];
  message.msg_iov = &pieces_[used_];
  message.msg_iovlen = 1;
  if (++used_ == messages_.size()) flush(fd);
}

void UdpBatch::flush(int fd) {
  for (size_t at = 0; at < used_;) {
    const int sent = ::sendmmsg(fd, &messages_[at], static_cast<unsigned>(used_ - at), MSG_NOSIGNAL);
    at += sent > 0 ? static_cast<size_t>(sent) : 1;  // one that fails is left out
  }
  used_ = 0;
}

}  // namespace sipcast::bench
