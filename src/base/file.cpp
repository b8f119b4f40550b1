#include "base/file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {

std::unexpected<Error> io_error(const std::string& path, int error) {
  return fail(error == ENOENT ? Errc::NotFound : Errc::Io,
              fmt::format("{}: {}", printable(path),
                          std::error_code(error, std::generic_category()).message()));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0;
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t max) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return io_error(path, errno);
  std::string text;
  char piece[16 * 1024];
  ssize_t got = 0;
  while (text.size() <= max) {
    got = ::read(fd, piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    text.append(piece, static_cast<size_t>(got));
  }
  const int error = errno;
  ::close(fd);
  if (got < 0) return io_error(path, error);
  if (text.size() > max) {
    return fail(Errc::Exhausted, fmt::format("{}: is larger than {} bytes", printable(path), max));
  }
  return text;
}

Result<void> replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new-" + random_token(8);
  const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                        S_IRUSR | S_IWUSR);
  if (fd < 0) return fail(Errc::Io, io_error(fresh, errno).error().cause);
  const bool written = write_all(fd, text);
  int error = errno;
  ::close(fd);
  if (written) {
    if (std::rename(fresh.c_str(), path.c_str()) == 0) return {};
    error = errno;
  }
  ::unlink(fresh.c_str());
  return fail(Errc::Io, io_error(path, error).error().cause);
}

}  // namespace sipcast
