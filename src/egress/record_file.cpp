#include "egress/record_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "mp4/playable_size.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kPart = ".part";
constexpr uint64_t kLeastWebm = 1024;  // its header, and something behind it

std::unexpected<Error> failed(std::string_view what, const std::string& path) {
  return fail(Errc::Io, fmt::format("{} {}: {}", what, path,
                                    std::error_code(errno, std::generic_category()).message()));
}

bool is_file_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.';
}

std::string fit(std::string_view text) {
  std::string made;
  for (const char c : text) made += is_file_character(c) ? c : '_';
  return made;
}

/// Renames without overwriting: "x.mp4", "x-2.mp4", ...
Result<std::string> rename_to_free(const std::string& from, const std::string& wanted) {
  const std::filesystem::path path(wanted);
  std::string to = wanted;
  for (int number = 2; number < 10'000; ++number) {
    if (::link(from.c_str(), to.c_str()) == 0) {
      ::unlink(from.c_str());
      return to;
    }
    if (errno != EEXIST) return failed("cannot name", to);
    to = (path.parent_path() /
          fmt::format("{}-{}{}", path.stem().string(), number, path.extension().string()))
             .string();
  }
  return fail(Errc::AlreadyExists, "no free name for " + wanted);
}

uint64_t playable_bytes(int fd, uint64_t size, bool mp4) {
  if (!mp4) return size >= kLeastWebm ? size : 0;  // players take a WebM that ends anywhere
  return mp4::playable_size(size, [fd](uint64_t offset, std::span<uint8_t> into) {
    return ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset)) ==
           static_cast<ssize_t>(into.size());
  });
}

}  // namespace

std::string expand_file_name(std::string_view pattern,
                             const std::map<std::string, std::string>& values) {
  std::string name;
  while (!pattern.empty()) {
    const size_t open = pattern.find('{');
    const size_t close = open == std::string_view::npos ? open : pattern.find('}', open);
    if (close == std::string_view::npos) {
      name += fit(pattern);
      break;
    }
    name += fit(pattern.substr(0, open));
    const std::string key(pattern.substr(open + 1, close - open - 1));
    const auto value = values.find(key);
    name += value == values.end() ? "{" + fit(key) + "}" : fit(value->second);
    pattern.remove_prefix(close + 1);
  }
  if (name.size() > 200) name.resize(200);
  if (name.empty() || name.front() == '.') name.insert(0, "_");
  return name;
}

Result<RecordFile> RecordFile::create(const std::string& path) {
  const std::string part = path + std::string(kPart);
  const int fd = ::open(part.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
  if (fd < 0) return failed("cannot create", part);
  return RecordFile(fd, part);
}

RecordFile::RecordFile(RecordFile&& other) noexcept { *this = std::move(other); }
RecordFile& RecordFile::operator=(RecordFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(part_, other.part_);
  std::swap(size_, other.size_);
  std::swap(playable_, other.playable_);
  std::swap(sum_, other.sum_);
  std::swap(whole_, other.whole_);
  return *this;
}
RecordFile::~RecordFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<void> RecordFile::append(BytesView bytes) {
  sum_.add(bytes);
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed("cannot write", part_);
    size_ += static_cast<uint64_t>(written);
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return {};
}

Result<std::string> RecordFile::finish(const std::string& path) {
  if (playable_ < size_) {
    whole_ = false;
    if (::ftruncate(fd_, static_cast<off_t>(playable_)) != 0) return failed("cannot cut", part_);
    size_ = playable_;
  }
  if (::fdatasync(fd_) != 0) return failed("cannot write", part_);
  return rename_to_free(part_, path);
}

void RecordFile::discard() { ::unlink(part_.c_str()); }

std::string RecordFile::sha256() { return whole_ ? sum_.finish() : ""; }

RepairStats repair_recordings(const std::string& directory) {
  RepairStats stats;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string part = entry.path().string();
    if (!entry.is_regular_file(error)) continue;
    if (part.ends_with(kMakingProgressive)) ::unlink(part.c_str());  // the whole file is beside it
    if (part.ends_with(".json.part")) ::unlink(part.c_str());        // half a manifest
    if (!part.ends_with(kPart) || part.ends_with(".json.part")) continue;
    std::string final_path = part.substr(0, part.size() - kPart.size());
    const int fd = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) continue;
    struct stat found{};
    uint64_t playable = 0;
    if (::fstat(fd, &found) == 0) {
      playable =
          playable_bytes(fd, static_cast<uint64_t>(found.st_size), final_path.ends_with(".mp4"));
      const auto end = std::to_string(static_cast<int64_t>(found.st_mtim.tv_sec) * 1000);
      if (const size_t at = final_path.find("{endTime}"); at != std::string::npos) {
        final_path.replace(at, 9, end);
      }
    }
    const bool good =
        playable > 0 && ::ftruncate(fd, static_cast<off_t>(playable)) == 0 && ::fdatasync(fd) == 0;
    ::close(fd);
    if (!good && playable == 0) {
      ::unlink(part.c_str());
      ++stats.discarded;
    } else if (good && rename_to_free(part, final_path)) {
      ++stats.finished;
    }
  }
  return stats;
}

}  // namespace sipcast
