#pragma once

namespace sipcast::sip {

/// What an event brings about: the state that a transaction goes to, and what is to be done.
template <class State, class Action>
struct TransactionStep {
  State state;
  Action action;
  friend constexpr bool operator==(const TransactionStep&, const TransactionStep&) = default;
};

}  // namespace sipcast::sip
