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
  Duration patience{};  ///< Timer B or F
  Timer retransmit, timeout, linger;
  bool large = false;  ///< on TCP because of its size: UDP is left to it
  Timer back_to_udp;
  bool unanswered() const {
    return invite ? invite_state == invite_client::State::Calling
                  : state == non_invite_client::State::Trying;
  }
  bool reliable() const { return is_reliable(target.transport); }
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
  bool reliable() const { return is_reliable(reply_to.transport); }
};

}  // namespace sipcast::sip
