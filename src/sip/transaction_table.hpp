#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "sip/client_transaction.hpp"
#include "sip/message.hpp"
#include "sip/server_transaction.hpp"
#include "sip/timer_queue.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

/// What a client transaction tells its user.
struct ClientEvent {
  enum class Kind : uint8_t { Response, Timeout, Unreachable };
  Kind kind = Kind::Response;
  const Received* response = nullptr;  ///< of Response, else nullptr
  SocketAddress from;                  ///< of Response
  std::string cause;                   ///< of Timeout and Unreachable, in plain words
  int status() const { return response ? response->message.status : 0; }
};
using OnClientEvent = std::function<void(const ClientEvent&)>;

/// "127.0.0.1:5060/UDP"
std::string describe(const Target& target);

/// All transactions of a user agent with their timers A..K, L and M (RFC 3261 table 4, RFC 6026).
/// Timers of retransmission are not used on TCP. Bounded by `max_transactions` on the server side.
class TransactionTable {
 public:
  struct Context {
    UserAgentIo& io;
    TimerQueue& timers;
    const Instant& now;  ///< of the event that is being handled
    const UserAgent::Options& options;
    Logger& log;
    size_t max_transactions;
  };
  explicit TransactionTable(Context context);
  ~TransactionTable();

  /// Sends `request`, whose topmost Via holds `branch`, until it is answered. Not for ACK.
  void start_client(Message request, const std::string& branch, const Target& target,
                    OnClientEvent on_event);
  /// Ends a client transaction without a word to its user.
  void abandon_client(const std::string& branch, std::string_view method);
  /// False when no transaction waits for it.
  bool on_response(const Received& response, const SocketAddress& from);
  void on_send_failed(const std::string& branch, const std::string& cause);

  enum class Known : uint8_t { New, Absorbed, AckOf2xx };
  /// Handles what belongs to a server transaction: repeated requests, ACK of a failure.
  Known on_request(const Received& request);
  /// Starts a server transaction. False when the table is full.
  bool start_server(const Received& request, const Target& reply_to);
  /// Sends through the transaction of `key`; nothing happens when it is gone.
  void respond(const std::string& key, const Message& response);

  /// The name of the server transaction of a request (§17.2.3) as if its method were `method`.
  static std::string server_key(const Received& request, std::string_view method);
  size_t size() const { return clients_.size() + servers_.size(); }

 private:
  struct Client;
  struct Server;

  static std::string client_key(std::string_view branch, std::string_view method);
  void invite_event(const std::string& key, invite_client::Event event, const ClientEvent* report);
  void non_invite_event(const std::string& key, non_invite_client::Event event,
                        const ClientEvent* report);
  void enter(Client& client, invite_client::State state);
  void enter(Client& client, non_invite_client::State state);
  void choose_transport(Client& client);
  static void move(Client& client, Transport transport);
  void back_to_udp(Client& client, std::string_view why);
  void arm_retransmission(Client& client);
  void client_retransmits(Client& client);
  void send_ack(Client& client, const Received* response);
  void report(const std::string& key, const Client& client, bool terminated,
              const ClientEvent& event);
  ClientEvent timeout_of(const Client& client) const;

  void invite_event(const std::string& key, invite_server::Event event, const Message* response);
  void non_invite_event(const std::string& key, non_invite_server::Event event,
                        const Message* response);
  void arm_timer_g(Server& server);
  void perform(Server& server, ServerAction action, const Message* response);

  Context context_;
  std::unordered_map<std::string, std::unique_ptr<Client>> clients_;
  std::unordered_map<std::string, Instant> udp_only_;  ///< peers without TCP, and until when
  std::unordered_map<std::string, std::unique_ptr<Server>> servers_;
};

}  // namespace sipcast::sip
