#include "control/hooks/hook_names.hpp"

#include <utility>

namespace sipcast {
namespace {

constexpr std::pair<std::string_view, HookType> kHooks[] = {
    {"connect", HookType::Connect},
    {"call", HookType::Direct},
    {"hangup", HookType::Direct},
    {"answer", HookType::Direct},
    {"hold", HookType::Direct},
    {"unhold", HookType::Direct},
    {"transfer", HookType::Direct},
    {"sendDtmf", HookType::Direct},
    {"publishStream", HookType::Direct},
    {"unPublishStream", HookType::Event},
    {"playStream", HookType::Direct},
    {"pauseStream", HookType::Direct},
    {"stopStream", HookType::Event},
    {"snapshot", HookType::Direct},
    {"sendMessage", HookType::Direct},
    {"submitBugReport", HookType::Direct},
    {"pushLogs", HookType::Direct},
    {"sessionDebug", HookType::Direct},
    {"playHLS", HookType::Direct},
    {"OnCallEvent", HookType::Incoming},
    {"OnMessageEvent", HookType::Incoming},
    {"OnDataEvent", HookType::Incoming},
    {"ConnectionStatusEvent", HookType::Event},
    {"RegistrationStatusEvent", HookType::Event},
    {"CallStatusEvent", HookType::Event},
    {"TransferStatusEvent", HookType::Event},
    {"StreamStatusEvent", HookType::Event},
    {"MessageStatusEvent", HookType::Event},
    {"DataStatusEvent", HookType::Event},
    {"BugReportStatusEvent", HookType::Event},
    {"SessionDebugStatusEvent", HookType::Event},
};

}  // namespace

std::optional<HookType> hook_type(std::string_view method) {
  for (const auto& [name, type] : kHooks) {
    if (name == method) return type;
  }
  return {};
}

}  // namespace sipcast
