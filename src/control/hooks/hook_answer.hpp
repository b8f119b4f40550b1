#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/hooks/hook_policy.hpp"
#include "fetch/client.hpp"

namespace sipcast {

/// What a back-end said, or what it comes to that it did not.
struct HookAnswer {
  bool allowed = true;
  std::string reason = {};          ///< of a refusal, for the client: fit for one line
  boost::json::object fields = {};  ///< that are to be taken over
  std::string problem = {};         ///< for the log; "": there is none
};

/// The rules for answers (wcs-rest 13): 200 with a JSON object, or with nothing, is good. Anything
/// else refuses, unless OnError is Log; a refused `connect` stays refused. What a body calls
/// "reason", or else the status line, is told to the client; of a back-end that is not there only
/// the log hears more.
/// @param on_error  of the session's policy or else of the app
HookAnswer judge_answer(std::string_view method, const HookPolicy& policy, OnError on_error,
                        Result<fetch::Reply> reply);

}  // namespace sipcast
