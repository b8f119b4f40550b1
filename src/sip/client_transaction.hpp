#pragma once
#include <cstdint>
#include <utility>

#include "sip/transaction_step.hpp"

/// The client transactions of RFC 3261 §17.1 as pure functions. No `default`: a new state does not
/// compile until it has its place.
namespace sipcast::sip::invite_client {

/// RFC 3261 §17.1.1 with RFC 6026's Accepted state.
enum class State : uint8_t { Calling, Proceeding, Accepted, Completed, Terminated };
/// TransportError: the message could not be sent. Linger: Timer D or M, as the state demands.
enum class Event : uint8_t {
  TimerA,
  TimerB,
  Provisional,
  Success,
  Failure,
  Linger,
  TransportError
};
enum class Action : uint8_t {
  None,
  Retransmit,
  Deliver,
  DeliverAndAck,
  Ack,
  ReportTimeout,
  ReportTransportError
};
using Step = TransactionStep<State, Action>;

constexpr Step advance(State state, Event event) {
  switch (state) {
    case State::Calling:
      if (event == Event::TimerA) return {State::Calling, Action::Retransmit};
      if (event == Event::TimerB) return {State::Terminated, Action::ReportTimeout};
      [[fallthrough]];
    case State::Proceeding:
      if (event == Event::Provisional) return {State::Proceeding, Action::Deliver};
      if (event == Event::Success) return {State::Accepted, Action::Deliver};
      if (event == Event::Failure) return {State::Completed, Action::DeliverAndAck};
      if (event == Event::TransportError) return {State::Terminated, Action::ReportTransportError};
      return {state, Action::None};
    case State::Accepted:  // 2xx may come again; the dialog sends its ACK
      if (event == Event::Success) return {State::Accepted, Action::Deliver};
      return {event == Event::Linger ? State::Terminated : state, Action::None};
    case State::Completed:
      if (event == Event::Failure) return {State::Completed, Action::Ack};
      return {event == Event::Linger ? State::Terminated : state, Action::None};
    case State::Terminated:
      return {state, Action::None};
  }
  std::unreachable();
}
static_assert(advance(State::Calling, Event::Success) == Step{State::Accepted, Action::Deliver});
static_assert(advance(State::Proceeding, Event::TimerB) == Step{State::Proceeding, Action::None});

}  // namespace sipcast::sip::invite_client

namespace sipcast::sip::non_invite_client {

/// RFC 3261 §17.1.2.
enum class State : uint8_t { Trying, Proceeding, Completed, Terminated };
enum class Event : uint8_t { TimerE, TimerF, Provisional, Final, TimerK, TransportError };
enum class Action : uint8_t { None, Retransmit, Deliver, ReportTimeout, ReportTransportError };
using Step = TransactionStep<State, Action>;

constexpr Step advance(State state, Event event) {
  switch (state) {
    case State::Trying:
    case State::Proceeding:
      if (event == Event::TimerE) return {state, Action::Retransmit};
      if (event == Event::TimerF) return {State::Terminated, Action::ReportTimeout};
      if (event == Event::Provisional) return {State::Proceeding, Action::Deliver};
      if (event == Event::Final) return {State::Completed, Action::Deliver};
      if (event == Event::TransportError) return {State::Terminated, Action::ReportTransportError};
      return {state, Action::None};
    case State::Completed:
      return {event == Event::TimerK ? State::Terminated : state, Action::None};
    case State::Terminated:
      return {state, Action::None};
  }
  std::unreachable();
}
static_assert(advance(State::Completed, Event::Final) == Step{State::Completed, Action::None});

}  // namespace sipcast::sip::non_invite_client
