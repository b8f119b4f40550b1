#pragma once
#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "http/http.hpp"

namespace sipcast::http {

/// One file that is part of the program.
struct StaticFile {
  std::string content_type;
  std::string body;
};

/// Serves `files` by Request::path ("/demo/player.html"), 404 for the rest. A path that ends with
/// '/' means its index.html. Browsers ask again each time and get 304 while nothing changed.
Handler static_table(std::map<std::string, StaticFile> files);

/// Serves the files below the directory `root` to requests below `mount` ("/demo/", or "/"), on the
/// thread that calls the handler: meant for pages and scripts. 404: no such file, not a plain file,
/// names that begin with '.', and symbolic links that lead out of `root`. 413: beyond `max_bytes`.
/// A directory means its index.html. Replies can be cached and have an ETag (RFC 9110 §13.1.2).
Handler static_directory(std::string root, std::string mount = "/",
                         size_t max_bytes = 16 * 1024 * 1024);

/// By the ending of the name; application/octet-stream for what we do not know.
std::string_view content_type_of(std::string_view file_name);

}  // namespace sipcast::http
