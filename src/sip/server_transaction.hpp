#pragma once
#include <cstdint>
#include <utility>

#include "sip/transaction_step.hpp"

/// The server transactions of RFC 3261 §17.2 as pure functions.
namespace sipcast::sip {

/// What a step asks for. Resend: the last response again. PassAck: to the dialog.
enum class ServerAction : uint8_t { None, Send, Resend, PassAck };

}  // namespace sipcast::sip

namespace sipcast::sip::invite_server {

/// RFC 3261 §17.2.1 with RFC 6026's Accepted state.
enum class State : uint8_t { Proceeding, Accepted, Completed, Confirmed, Terminated };
/// Request: the INVITE came again. SendX: our user wants to send X.
enum class Event : uint8_t {
  Request,
  SendProvisional,
  SendSuccess,
  SendFailure,
  Ack,
  TimerG,
  TimerH,
  TimerI,
  TimerL
};
using Action = ServerAction;
using Step = TransactionStep<State, Action>;

constexpr Step advance(State state, Event event) {
  switch (state) {
    case State::Proceeding:
      if (event == Event::Request) return {state, Action::Resend};
      if (event == Event::SendProvisional) return {state, Action::Send};
      if (event == Event::SendSuccess) return {State::Accepted, Action::Send};
      if (event == Event::SendFailure) return {State::Completed, Action::Send};
      return {state, Action::None};
    case State::Accepted:  // the dialog repeats its 2xx until the ACK comes
      if (event == Event::SendSuccess) return {state, Action::Send};
      if (event == Event::Ack) return {state, Action::PassAck};
      return {event == Event::TimerL ? State::Terminated : state, Action::None};
    case State::Completed:
      if (event == Event::Request || event == Event::TimerG) return {state, Action::Resend};
      if (event == Event::Ack) return {State::Confirmed, Action::None};
      return {event == Event::TimerH ? State::Terminated : state, Action::None};
    case State::Confirmed:
      return {event == Event::TimerI ? State::Terminated : state, Action::None};
    case State::Terminated:
      return {state, Action::None};
  }
  std::unreachable();
}
static_assert(advance(State::Accepted, Event::Request) == Step{State::Accepted, Action::None});

}  // namespace sipcast::sip::invite_server

namespace sipcast::sip::non_invite_server {

/// RFC 3261 §17.2.2; we never send provisional responses to these.
enum class State : uint8_t { Trying, Completed, Terminated };
enum class Event : uint8_t { Request, SendFinal, TimerJ };
using Action = ServerAction;
using Step = TransactionStep<State, Action>;

constexpr Step advance(State state, Event event) {
  switch (state) {
    case State::Trying:
      if (event == Event::SendFinal) return {State::Completed, Action::Send};
      return {state, Action::None};
    case State::Completed:
      if (event == Event::Request) return {state, Action::Resend};
      return {event == Event::TimerJ ? State::Terminated : state, Action::None};
    case State::Terminated:
      return {state, Action::None};
  }
  std::unreachable();
}
static_assert(advance(State::Completed, Event::Request) == Step{State::Completed, Action::Resend});

}  // namespace sipcast::sip::non_invite_server
