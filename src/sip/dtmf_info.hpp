#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace sipcast::sip {

/// How a digit is written in an INFO. No RFC: these two are what phones and PBXs agree on.
enum class DtmfInfo : uint8_t {
  Relay,  ///< application/dtmf-relay: "Signal=5" and "Duration=160" on two lines
  Plain,  ///< application/dtmf: the digit alone
};
std::string_view content_type(DtmfInfo form);
/// The body for `digit`, one of 0-9 * # A-D.
std::string dtmf_body(DtmfInfo form, char digit);
/// The digit of an INFO; none when it is about something else, or no digit. Lower case letters, and
/// 10 and 11 for * and #, are taken as well.
std::optional<char> read_dtmf_info(std::string_view content_type, std::string_view body);

}  // namespace sipcast::sip
