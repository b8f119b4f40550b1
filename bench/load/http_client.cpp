#include "bench/load/http_client.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "base/text.hpp"

namespace sipcast::bench {
namespace {

/// RFC 9112 §7.1; false while the last chunk is not there.
bool join_chunks(std::string_view bytes, std::string& body) {
  body.clear();
  for (;;) {
    const size_t line = bytes.find("\r\n");
    if (line == std::string_view::npos) return false;
    const auto size = parse_hex(bytes.substr(0, line));
    bytes.remove_prefix(line + 2);
    if (!size || bytes.size() < *size + 2) return false;
    if (*size == 0) return true;
    body += bytes.substr(0, *size);
    bytes.remove_prefix(*size + 2);
  }
}

}  // namespace

Result<void> HttpClient::connect() {
  fd_.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const timeval limit{.tv_sec = 30, .tv_usec = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_storage storage{};
  const socklen_t size = server_.to_sockaddr(storage);
  if (::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&storage), size) == 0) return {};
  fd_.reset();
  return fail(Errc::Io, fmt::format("{}: {}", server_.to_string(), std::strerror(errno)));
}

Result<HttpReply> HttpClient::request(std::string_view method, std::string_view path,
                                      std::string_view type, std::string_view body) {
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", method,
                                 path, server_.to_string(), body.size());
  if (!type.empty()) text += fmt::format("Content-Type: {}\r\n", type);
  text += "\r\n";
  text += body;
  if (fd_) {
    if (auto reply = exchange(text)) return reply;  // else the server has closed it meanwhile
  }
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  return exchange(text);
}

bool HttpClient::read_more(std::string& bytes) {
  char piece[16384];
  const ssize_t got = ::recv(fd_.get(), piece, sizeof piece, 0);
  if (got <= 0) return false;
  bytes.append(piece, static_cast<size_t>(got));
  return true;
}

Result<HttpReply> HttpClient::exchange(std::string_view text) {
  const auto broken = [&]() -> Result<HttpReply> {
    fd_.reset();
    return fail(Errc::Io, "the connection ended before a whole reply");
  };
  if (::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) {
    return broken();
  }
  std::string bytes;
  size_t end = 0;
  while ((end = bytes.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more(bytes)) return broken();
  }
  HttpReply reply;
  const auto [status_line, rest] = cut(std::string_view(bytes).substr(0, end + 2), '\n');
  if (status_line.size() < 12) return broken();
  reply.status = static_cast<int>(parse_decimal(status_line.substr(9, 3)).value_or(0));
  for (const std::string_view line : split(rest, '\n')) {
    const auto [name, value] = cut(line, ':');
    if (!trim(name).empty()) reply.headers[to_lower(name)] = trim(value);
  }
  bytes.erase(0, end + 4);
  if (iequals(reply.headers["transfer-encoding"], "chunked")) {
    while (!join_chunks(bytes, reply.body)) {
      if (!read_more(bytes)) return broken();
    }
    return reply;
  }
  const size_t size = parse_decimal(reply.headers["content-length"]).value_or(0);
  while (bytes.size() < size) {
    if (!read_more(bytes)) return broken();
  }
  reply.body = std::move(bytes);
  return reply;
}

}  // namespace sipcast::bench
