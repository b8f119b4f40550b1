#include "control/rest/record_file_routes.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "base/worker_pool.hpp"
#include "control/rest/http_status.hpp"
#include "http/byte_range.hpp"
#include "http/response_head.hpp"
#include "http/static_files.hpp"
#include "net/unique_fd.hpp"

namespace sipcast::rest {
namespace {

constexpr std::string_view kPath = "/rest-api/recorder/files";
constexpr size_t kPiece = 256 * 1024;
constexpr size_t kMostListed = 10'000;

bool is_recording(std::string_view name) {
  return name.ends_with(".mp4") || name.ends_with(".webm");
}

/// A name as we give it, and so no path, nothing hidden, nothing unfinished.
bool is_plain_name(std::string_view name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_' || c == '.' || c == '{' || c == '}';
  };
  return !name.empty() && name.front() != '.' && name.size() <= 255 &&
         std::ranges::all_of(name, plain) && (is_recording(name) || name.ends_with(".json"));
}

struct OpenFile {
  UniqueFd fd;
  uint64_t size = 0;
  std::string etag, modified;
};

Result<OpenFile> open_file(const std::string& directory, std::string_view name) {
  if (!is_plain_name(name)) return fail(Errc::NotFound, "File not found");
  const std::string path = fmt::format("{}/{}", directory, name);
  OpenFile file{.fd =
                    UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK))};
  struct stat info{};
  if (!file.fd || ::fstat(file.fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return fail(Errc::NotFound, "File not found");
  }
  file.size = static_cast<uint64_t>(info.st_size);
  file.etag =
      fmt::format("\"{:x}-{:x}.{:x}\"", file.size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  file.modified = http::http_date(info.st_mtim.tv_sec);
  return file;
}

http::Response list(const std::string& directory) {
  struct Listed {
    std::string name;
    uint64_t size;
    int64_t modified_ms;
  };
  std::vector<Listed> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    struct stat info{};
    if (!is_plain_name(name) || !is_recording(name)) continue;
    if (::lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
    found.push_back({name, static_cast<uint64_t>(info.st_size),
                     int64_t{info.st_mtim.tv_sec} * 1000 + info.st_mtim.tv_nsec / 1'000'000});
  }
  std::ranges::sort(found, std::ranges::greater{}, &Listed::modified_ms);
  if (found.size() > kMostListed) found.resize(kMostListed);
  boost::json::array array;
  for (const Listed& file : found) {
    array.push_back({{"fileName", file.name},
                     {"bytes", file.size},
                     {"modified", file.modified_ms},
                     {"url", fmt::format("{}/{}", kPath, file.name)},
                     {"manifest", fmt::format("{}/{}.json", kPath, file.name)}});
  }
  return http::Response::json(200, boost::json::serialize(array));
}

/// Pieces of `file`, read on `reading`.
std::shared_ptr<const http::BodySource> source_of(OpenFile file, http::ByteRange range,
                                                  const WorkerPool::Strand& reading) {
  struct State {
    UniqueFd fd;
    uint64_t at, left;
  };
  auto state = std::make_shared<State>(std::move(file.fd), range.first, range.length);
  const auto next = [state, reading](const std::function<void(std::string)>& done) {
    const bool queued = reading.run([state, done] {
      std::string piece(std::min<uint64_t>(kPiece, state->left), '\0');
      const ssize_t got =
          ::pread(state->fd.get(), piece.data(), piece.size(), static_cast<off_t>(state->at));
      piece.resize(got > 0 ? static_cast<size_t>(got) : 0);
      state->at += piece.size();
      state->left -= piece.size();
      done(std::move(piece));
    });
    if (!queued) done({});
  };
  return std::make_shared<const http::BodySource>(http::BodySource{range.length, next});
}

/// RFC 9110 §13.1.5: whether the range is of the file that the client has a part of.
bool range_holds(std::string_view if_range, const OpenFile& file) {
  return if_range.empty() || if_range == file.etag || if_range == file.modified;
}

http::Response download(const std::string& directory, const http::Request& request,
                        const WorkerPool::Strand& reading) {
  const std::string_view name = std::string_view(request.path).substr(kPath.size() + 1);
  auto file = open_file(directory, name);
  if (!file) return error_response(file.error());
  http::Response response{.status = 200,
                          .headers = {{"Accept-Ranges", "bytes"},
                                      {"ETag", file->etag},
                                      {"Last-Modified", file->modified},
                                      {"Cache-Control", "private, no-cache"}},
                          .body = {}};
  if (request.header("if-none-match") == file->etag) {
    response.status = 304;
    return response;
  }
  http::ByteRange range{.length = file->size};
  if (request.method == "GET" && range_holds(request.header("if-range"), *file)) {
    range = http::parse_byte_range(request.header("range"), file->size);
  }
  if (range.kind == http::ByteRange::Kind::Unsatisfiable) {
    http::Response refused =
        error_response({Errc::InvalidArgument, "Range: behind the file's end"});
    refused.status = 416;
    refused.headers.emplace_back("Content-Range", fmt::format("bytes */{}", file->size));
    return refused;
  }
  if (range.kind == http::ByteRange::Kind::Part) {
    response.status = 206;
    response.headers.emplace_back(
        "Content-Range",
        fmt::format("bytes {}-{}/{}", range.first, range.first + range.length - 1, file->size));
  }
  response.headers.emplace_back("Content-Type", http::content_type_of(name));
  response.source = source_of(std::move(*file), range, reading);
  return response;
}

}  // namespace

void add_record_file_routes(http::Router& router, std::string directory, RecordDownload allowed) {
  const std::string one = std::string(kPath) + "/*";
  if (allowed == RecordDownload::Off) {
    for (const std::string& path : {std::string(kPath), one}) {
      router.add("GET", path, [](const http::Request&, const http::Respond& respond) {
        respond(error_response({Errc::Forbidden, "record.download is off"}));
      });
    }
    return;
  }
  const auto pool = std::make_shared<WorkerPool>("record-read", 1);
  const auto reading = std::make_shared<const WorkerPool::Strand>(pool->make_strand(1000));
  const auto add = [&](const std::string& path, auto answer) {
    router.add("GET", path,
               [pool, reading, directory, answer](const http::Request& request,
                                                  const http::Respond& respond) {
                 const bool queued = reading->run([reading, directory, answer, request, respond] {
                   respond(answer(directory, request, *reading));
                 });
                 if (!queued)
                   respond(error_response({Errc::Exhausted, "too many files are being read"}));
               });
  };
  add(std::string(kPath), [](const std::string& where, const http::Request&,
                             const WorkerPool::Strand&) { return list(where); });
  add(one, download);
}

}  // namespace sipcast::rest
