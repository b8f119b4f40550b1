#include "mp4/playable_size.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace sipcast::mp4 {
namespace {

struct Box {
  std::array<uint8_t, 4> type{};
  uint64_t size = 0;
  bool is(std::string_view name) const { return as_text(type) == name; }
};

/// The box at `offset` if it is whole (§4.2).
std::optional<Box> box_at(uint64_t offset, uint64_t file_size, const ReadAt& read) {
  std::array<uint8_t, 16> head{};
  if (file_size - offset < 8 || !read(offset, std::span(head).first(8))) return {};
  ByteReader in(head);
  Box box;
  box.size = in.u32();
  const BytesView type = in.bytes(4);
  std::ranges::copy(type, box.type.begin());
  uint64_t least = 8;
  if (box.size == 1) {  // a 64-bit size follows
    if (file_size - offset < 16 || !read(offset, head)) return {};
    ByteReader large(BytesView(head).subspan(8));
    box.size = large.u64();
    least = 16;
  }
  if (box.size < least || box.size > file_size - offset) return {};
  return box;
}

}  // namespace

uint64_t playable_size(uint64_t file_size, const ReadAt& read) {
  uint64_t offset = 0, playable = 0;
  bool moov = false, moof = false;
  while (offset < file_size) {
    const auto box = box_at(offset, file_size, read);
    if (!box) break;
    offset += box->size;
    if (box->is("moov")) {
      moov = true;
    } else if (box->is("moof")) {
      moof = true;
    } else if (box->is("mdat")) {
      if (moov && moof) playable = offset;
      moof = false;
    } else if (box->is("mfra")) {
      if (playable > 0) playable = offset;
    } else if (!box->is("ftyp") && !box->is("styp") && !box->is("sidx") && !box->is("free") &&
               !box->is("prft") && !box->is("emsg")) {
      break;
    }
  }
  return playable;
}

}  // namespace sipcast::mp4
