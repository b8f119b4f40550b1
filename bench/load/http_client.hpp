#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/socket_address.hpp"
#include "net/unique_fd.hpp"

namespace sipcast::bench {

struct HttpReply {
  int status = 0;
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;
};

/// One kept-alive connection; its calls block, for 30 s at most. One thread.
class HttpClient {
 public:
  explicit HttpClient(const SocketAddress& server) : server_(server) {}
  /// Errors: Io.
  Result<HttpReply> request(std::string_view method, std::string_view path, std::string_view type,
                            std::string_view body);
  void close() { fd_.reset(); }

 private:
  Result<void> connect();
  Result<HttpReply> exchange(std::string_view text);
  bool read_more(std::string& bytes);

  SocketAddress server_;
  UniqueFd fd_;
};

}  // namespace sipcast::bench
