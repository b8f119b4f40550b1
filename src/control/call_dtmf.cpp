#include "control/call_dtmf.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace sipcast {
namespace {
constexpr size_t kMaxWaiting = 64;
constexpr Duration kPerInfo = std::chrono::milliseconds(260);  // 160 ms of sound and a pause
}  // namespace

Result<DtmfType> parse_dtmf_type(std::string_view text) {
  if (iequals(text, "RFC2833") || iequals(text, "RFC4733")) return DtmfType::Rfc2833;
  if (iequals(text, "INFO")) return DtmfType::Info;
  if (iequals(text, "INFO_RELAY")) return DtmfType::InfoRelay;
  return fail(Errc::InvalidArgument, "type: RFC2833, INFO or INFO_RELAY, not " + printable(text));
}

Result<void> CallDtmf::send(std::string_view digits, DtmfType type) {
  const bool valid = std::ranges::all_of(
      digits, [](char c) { return std::string_view("0123456789*#ABCD").contains(c); });
  if (digits.empty() || !valid) {
    return fail(Errc::InvalidArgument, "dtmf: digits of 0-9 * # A-D, not " + printable(digits));
  }
  if (waiting_.size() >= kMaxWaiting) return fail(Errc::Exhausted, "dtmf: too many digits wait");
  waiting_.push_back({std::string(digits), type});
  send_next();
  return {};
}

void CallDtmf::start() {
  started_ = true;
  send_next();
}

void CallDtmf::send_next() {
  while (started_ && !pausing_ && !waiting_.empty()) {
    Waiting& next = waiting_.front();
    if (next.type == DtmfType::Rfc2833) {
      ways_.play(std::move(next.digits));
      waiting_.pop_front();
      continue;
    }
    const auto form = next.type == DtmfType::Info ? sip::DtmfInfo::Plain : sip::DtmfInfo::Relay;
    const std::string body = sip::dtmf_body(form, next.digits.front());
    next.digits.erase(0, 1);
    if (next.digits.empty()) waiting_.pop_front();
    pausing_ = true;
    pause_ = control_.after(kPerInfo, [this] {
      pausing_ = false;
      send_next();
    });
    ways_.info(sip::content_type(form), body);
  }
}

}  // namespace sipcast
