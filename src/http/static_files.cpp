#include "http/static_files.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "base/text.hpp"
#include "http/response_head.hpp"

namespace sipcast::http {
namespace {

/// "no-cache": keep it, and ask each time whether it changed.
constexpr const char* kAlwaysAsk = "no-cache";
constexpr const char* kKeepForAWhile = "public, max-age=300";

bool is_page(std::string_view content_type) { return content_type.starts_with("text/html"); }

/// RFC 9110 §13.1.2, weak comparison; "*" means any.
bool none_match_lists(std::string_view if_none_match, std::string_view etag) {
  if (trim(if_none_match) == "*") return true;
  for (std::string_view candidate : split(if_none_match, ',')) {
    candidate = trim(candidate);
    if (candidate.starts_with("W/")) candidate.remove_prefix(2);
    if (candidate == etag) return true;
  }
  return false;
}

Response not_found() { return Response::text(404, "not found\n"); }

Response file_response(const Request& request, std::string_view content_type, std::string etag,
                       std::string_view cache_control, std::string body) {
  Response response;
  response.headers.emplace_back("Cache-Control", cache_control);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  const bool unchanged = none_match_lists(request.header("if-none-match"), etag);
  response.headers.emplace_back("ETag", std::move(etag));
  if (unchanged) {
    response.status = 304;
    return response;
  }
  response.headers.emplace_back("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

/// FNV-1a: an ETag has to change with the content, not to withstand anyone.
std::string content_etag(std::string_view body) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : body) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format("\"{:x}-{:016x}\"", body.size(), hash);
}

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(FileHandle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  ~FileHandle() {
    if (fd_ >= 0) ::close(fd_);
  }
  FileHandle& operator=(FileHandle&&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

std::optional<std::string> read_all(int fd, size_t size) {
  std::string body(size, '\0');
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::read(fd, body.data() + done, size - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;  // it shrank meanwhile
    done += static_cast<size_t>(got);
  }
  body.resize(done);
  return body;
}

/// Whether a segment of `relative` begins with a dot: hidden files, "..", ".".
bool has_dot_name(std::string_view relative) {
  for (const std::string_view segment : split(relative, '/')) {
    if (segment.starts_with('.')) return true;
  }
  return false;
}

/// The real name of `relative` below `root`, when it is there and below it.
std::optional<std::filesystem::path> resolve(const std::string& root, std::string_view relative) {
  namespace fs = std::filesystem;
  if (has_dot_name(relative) || relative.find('\0') != std::string_view::npos) return std::nullopt;
  std::error_code error;
  const fs::path real_root = fs::canonical(root, error);
  if (error) return std::nullopt;
  fs::path real = fs::canonical(real_root / relative, error);
  if (error) return std::nullopt;
  const fs::path beneath = real.lexically_relative(real_root);
  if (beneath.empty() || *beneath.begin() == "..") return std::nullopt;
  return real;
}

struct Directory {
  std::string root;
  std::string mount;  // ends with '/'
  size_t max_bytes;
};

Response serve(const Directory& directory, const Request& request) {
  if (request.path + "/" == directory.mount) {
    return {.status = 301, .headers = {{"Location", directory.mount}}, .body = {}};
  }
  if (!request.path.starts_with(directory.mount)) return not_found();
  std::string relative = request.path.substr(directory.mount.size());
  if (relative.starts_with('/')) return not_found();
  if (relative.empty() || relative.ends_with('/')) relative += "index.html";
  const auto name = resolve(directory.root, relative);
  if (!name) return not_found();
  const FileHandle file(::open(name->c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat info{};
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) return not_found();
  if (S_ISDIR(info.st_mode)) {  // relative, as we may sit behind a proxy with other paths
    const std::string segment = relative.substr(relative.rfind('/') + 1);
    if (segment.find_first_of(":%?#\"<> ") != std::string::npos) return not_found();
    return {.status = 301, .headers = {{"Location", segment + "/"}}, .body = {}};
  }
  if (!S_ISREG(info.st_mode)) return not_found();
  const size_t size = static_cast<size_t>(info.st_size);
  if (size > directory.max_bytes) return Response::text(413, "the file is too large\n");
  auto body = read_all(file.get(), size);
  if (!body) return Response::text(500, "cannot read the file\n");
  const std::string_view type = content_type_of(relative);
  return file_response(
      request, type,
      fmt::format("\"{:x}-{:x}.{:x}\"", size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec),
      is_page(type) ? kAlwaysAsk : kKeepForAWhile, std::move(*body));
}

}  // namespace

std::string_view content_type_of(std::string_view file_name) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 25> kTypes = {{
      {".html", "text/html; charset=utf-8"},
      {".htm", "text/html; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"},
      {".mjs", "text/javascript; charset=utf-8"},
      {".css", "text/css; charset=utf-8"},
      {".json", "application/json"},
      {".map", "application/json"},
      {".txt", "text/plain; charset=utf-8"},
      {".xml", "application/xml"},
      {".svg", "image/svg+xml"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".jpeg", "image/jpeg"},
      {".gif", "image/gif"},
      {".ico", "image/x-icon"},
      {".webp", "image/webp"},
      {".woff", "font/woff"},
      {".woff2", "font/woff2"},
      {".ttf", "font/ttf"},
      {".wasm", "application/wasm"},
      {".mp3", "audio/mpeg"},
      {".mp4", "video/mp4"},
      {".webm", "video/webm"},
      {".m3u8", "application/vnd.apple.mpegurl"},
      {".ts", "video/mp2t"},
  }};
  const std::string name = to_lower(file_name);
  for (const auto& [ending, type] : kTypes) {
    if (name.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

Handler static_table(std::map<std::string, StaticFile> files) {
  struct Entry {
    StaticFile file;
    std::string etag;
  };
  auto table = std::make_shared<std::map<std::string, Entry>>();
  for (auto& [path, file] : files) {
    std::string etag = content_etag(file.body);
    table->emplace(path, Entry{std::move(file), std::move(etag)});
  }
  return [table = std::shared_ptr<const std::map<std::string, Entry>>(table)](
             const Request& request, const Respond& respond) {
    auto found = table->find(request.path);
    if (found == table->end() && request.path.ends_with('/')) {
      found = table->find(request.path + "index.html");
    }
    if (found == table->end()) return respond(not_found());
    const auto& [file, etag] = found->second;
    respond(file_response(request, file.content_type, etag, kAlwaysAsk, file.body));
  };
}

Handler static_directory(std::string root, std::string mount, size_t max_bytes) {
  if (!mount.ends_with('/')) mount += '/';
  const Directory directory{std::move(root), std::move(mount), max_bytes};
  return [directory](const Request& request, const Respond& respond) {
    respond(serve(directory, request));
  };
}

}  // namespace sipcast::http
