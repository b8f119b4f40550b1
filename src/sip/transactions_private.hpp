#pragma once
#include "sip/transaction_table.hpp"

namespace sipcast::sip {

/// Only for client_transactions.cpp and server_transactions.cpp.
struct TransactionTable::Client {
  std::string key, branch;
  Message request;
  std::string wire, ack_wire;
  Target target;
  OnClientEvent on_event;
  bool invite = false;
  invite_client::State invite_state = invite_client::State::Calling;
  non_invite_client::State state = non_invite_client::State::Trying;
  Duration interval{};  ///< of Timer A or E
  Timer retransmit, timeout, linger;
  bool reliable() const { return target.transport == Transport::Tcp; }
};

struct TransactionTable::Server {
  std::string key;
  Target reply_to;
  std::string last_response;
  bool invite = false;
  invite_server::State invite_state = invite_server::State::Proceeding;
  non_invite_server::State state = non_invite_server::State::Trying;
  Duration interval{};  ///< of Timer G
  Timer retransmit, timeout;
  bool reliable() const { return reply_to.transport == Transport::Tcp; }
};

}  // namespace sipcast::sip
