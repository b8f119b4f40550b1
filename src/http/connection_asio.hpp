#pragma once
// Only for the .cpp files of http: this is where Beast shows.
#include <boost/asio/awaitable.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>

#include "base/socket_address.hpp"
#include "http/byte_stream_asio.hpp"
#include "http/server_state.hpp"

namespace sipcast::http {

using ServerStatePtr = std::shared_ptr<ServerState>;

/// Serves one accepted connection to its end. `context` null: plain.
boost::asio::awaitable<void> serve_connection(ServerStatePtr state, ByteStream::Socket socket,
                                              SocketAddress remote, SslContextPtr context);

/// Answers 503 to a connection that is one too many, and closes it.
boost::asio::awaitable<void> refuse_connection(ServerStatePtr state, ByteStream::Socket socket);

/// A request that asked for a WebSocket (RFC 6455 §4.2.1).
struct Upgrade {
  boost::beast::http::request<boost::beast::http::string_body> handshake;
  Request request;
};

/// Goes on with a connection as a WebSocket.
boost::asio::awaitable<void> serve_websocket(ServerStatePtr state, ByteStream stream,
                                             Upgrade upgrade);

}  // namespace sipcast::http
