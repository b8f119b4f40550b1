#include "net/datagram_framer.hpp"

namespace sipcast {

void DatagramFramer::append(BytesView bytes) {
  if (begin_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Result<std::optional<BytesView>> DatagramFramer::next() {
  while (buffer_.size() - begin_ >= 2) {
    const size_t size = static_cast<size_t>(buffer_[begin_]) << 8 | buffer_[begin_ + 1];
    if (size > kMaxDatagram) return fail(Errc::Exhausted, "a datagram above 4 KiB");
    if (buffer_.size() - begin_ - 2 < size) return std::nullopt;
    const BytesView datagram = BytesView(buffer_).subspan(begin_ + 2, size);
    begin_ += 2 + size;
    if (size > 0) return datagram;
  }
  return std::nullopt;
}

}  // namespace sipcast
