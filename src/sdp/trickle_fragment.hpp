#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sipcast::sdp {

/// An application/trickle-ice-sdpfrag (RFC 8840 §9): which ICE session it is of, and its
/// candidates.
struct TrickleFragment {
  std::string ufrag, pwd;               ///< "" when absent
  std::vector<std::string> candidates;  ///< values of a=candidate, checked for their grammar
  bool end_of_candidates = false;
};

inline constexpr size_t kMaxFragmentBytes = 16 * 1024;

/// Errors: Exhausted (more than 16 KiB, or than 256 candidates); BadSyntax and InvalidArgument with
/// the line.
Result<TrickleFragment> parse_trickle_fragment(std::string_view text);

}  // namespace sipcast::sdp
