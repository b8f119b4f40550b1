// 100rel (RFC 3262), both sides: PRACK for the reliable responses of our callee, and reliable
// responses of ours that are repeated until their PRACK comes.
#include <fmt/core.h>

#include <utility>

#include "base/text.hpp"
#include "sip/call.hpp"
#include "sip/core.hpp"

namespace sipcast::sip {
namespace {

/// "RSeq CSeq-number method"
struct RAck {
  uint32_t rseq = 0, cseq = 0;
};
std::optional<RAck> parse_rack(std::string_view value) {
  const auto [rseq, rest] = cut(trim(value), ' ');
  const auto [cseq, method] = cut(trim(rest), ' ');
  const auto r = parse_decimal(rseq, UINT32_MAX);
  const auto c = parse_decimal(cseq, UINT32_MAX);
  if (!r || !c || trim(method) != "INVITE") return {};
  return RAck{static_cast<uint32_t>(*r), static_cast<uint32_t>(*c)};
}

}  // namespace

/// False for a repeated or too early one, which is not handled (§4).
bool Call::acknowledge_provisional(const Received& response, EarlyDialog& early) {
  if (!has_tag(response.message, "Require", "100rel")) return true;
  const auto rseq = parse_decimal(response.message.get("RSeq"), UINT32_MAX);
  if (!rseq) return true;  // no number to acknowledge: as good as an ordinary one
  if (early.rseq && *rseq != uint64_t{*early.rseq} + 1) return false;
  early.rseq = static_cast<uint32_t>(*rseq);
  if (early.answer.empty()) early.answer = response.message.sdp();
  core_.send_in_dialog(std::make_shared<InDialogRequest>(
      InDialogRequest{.dialog = early.dialog,
                      .method = "PRACK",
                      .headers = {{"RAck", fmt::format("{} {} INVITE", *rseq, response.cseq)}},
                      .content_type = {},
                      .body = {},
                      .session = session_,
                      .done = {}}));
  return true;
}

void Call::send_reliably(Message response) {
  UnacknowledgedProvisional& sent = unacknowledged_.emplace();
  sent.rseq = ++last_rseq_;
  response.add("Require", "100rel");
  response.add("RSeq", std::to_string(sent.rseq));
  sent.response = std::move(response);
  sent.interval = core_.options.t1;
  sent.give_up = core_.timers.at(core_.now + 64 * core_.options.t1, [this] {
    core_.respond(invite_key_, core_.response_to(*invite_, 504, local_tag_));
    lost_before_answer(
        {.sip_status = 504, .cause = "no PRACK for our reliable response", .timeout = true});
  });
  core_.respond(invite_key_, sent.response);
  arm_unacknowledged();
}

void Call::arm_unacknowledged() {
  unacknowledged_->retransmit = core_.timers.at(core_.now + unacknowledged_->interval, [this] {
    core_.respond(invite_key_, unacknowledged_->response);
    unacknowledged_->interval *= 2;
    arm_unacknowledged();
  });
}

void Call::on_prack(const Received& request, const std::string& key) {
  const auto rack = parse_rack(request.message.get("RAck"));
  if (!unacknowledged_ || !rack || rack->rseq != unacknowledged_->rseq ||
      rack->cseq != invite_->cseq) {
    return reply(request, key, 481);
  }
  if (!request.message.body.empty()) {  // a second offer before the answer (§5): not taken
    return reply(request, key, 488);
  }
  unacknowledged_.reset();
  reply(request, key, 200);
  if (auto next = std::exchange(next_ring_, std::nullopt)) ring(next->status, std::move(next->sdp));
  if (accept_wanted_ && !unacknowledged_) {
    accept(*std::exchange(accept_wanted_, std::nullopt), *observer_);
  }
}

}  // namespace sipcast::sip
