#pragma once
#include <string>

#include "base/log.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace sipcast {

/// Runs `script STREAM FILE MEDIA_SESSION_ID`, as WCS does for on_record_hook_script: no shell, no
/// input, an environment of PATH alone, its output on our standard error. Blocks until it ends; one
/// that runs for longer than `patience` is killed, with its whole process group. Errors: Io (it
/// cannot be started), Timeout, Refused (another status than 0).
Result<void> run_record_hook(const std::string& script, const std::string& stream,
                             const std::string& file, const std::string& media_session_id,
                             Duration patience);

}  // namespace sipcast
