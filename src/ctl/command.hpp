#pragma once
#include <functional>
#include <string_view>

#include "ctl/api_client.hpp"
#include "ctl/arguments.hpp"

namespace sipcast::ctl {

using Print = std::function<void(std::string_view)>;

/// Carries out a command line; returns the exit status (kHelp has them).
/// @param secret  the password of a call's account, "" for none
int run(const Arguments& arguments, const std::string& secret, ApiClient& api, const Print& out,
        const Print& err);

}  // namespace sipcast::ctl
