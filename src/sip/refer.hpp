#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "sip/message.hpp"
#include "sip/user_agent.hpp"

namespace sipcast::sip {

/// What a REFER asks for (RFC 3515 §2.1). Errors: BadSyntax (not exactly one Refer-To, no SIP URI),
/// Unsupported (another method than INVITE).
Result<ReferRequest> read_refer(const Message& refer);
/// Which dialog of the receiver an INVITE takes the place of (RFC 3891 §6.1).
struct Replaces {
  std::string call_id, to_tag, from_tag;  ///< to_tag is the receiver's own
  bool early_only = false;
};
/// nullopt: the INVITE has no Replaces. Errors: BadSyntax.
Result<std::optional<Replaces>> read_replaces(const Message& invite);
/// RFC 4488: nobody wants to hear what becomes of it.
bool wants_no_subscription(const Message& refer);
/// Status of the "SIP/2.0 200 OK" that a NOTIFY carries (RFC 3420); 0: there is none.
int sipfrag_status(const Message& notify);

}  // namespace sipcast::sip
