#pragma once
#include <boost/json/object.hpp>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/hooks/app.hpp"

namespace sipcast {

/// What an app wants of one hook, for one session (restClientConfig of the answer to `connect`,
/// wcs-rest 13).
struct HookPolicy {
  enum class Taking : uint8_t {
    Unset,      ///< what the answer changes is taken over
    Notify,     ///< nothing is
    Overwrite,  ///< only the fields of `rest_overwrite`; all when it is empty
    Disable,    ///< the hook is not called
  };
  std::vector<std::string> client_exclude;  ///< fields that the client does not get
  std::vector<std::string> rest_exclude;    ///< fields that the back-end does not get
  std::vector<std::string> rest_overwrite;
  OnError on_error = OnError::Unset;
  Taking taking = Taking::Unset;
};

/// By the hook's name.
class HookPolicies {
 public:
  /// Errors: InvalidArgument naming hook and field.
  static Result<HookPolicies> parse(const boost::json::object& object);
  /// What is said of this hook; the default when nothing is.
  const HookPolicy& of(std::string_view method) const;

 private:
  std::map<std::string, HookPolicy, std::less<>> policies_;
};
using HookPoliciesPtr = std::shared_ptr<const HookPolicies>;

void erase_fields(boost::json::object& object, const std::vector<std::string>& names);

}  // namespace sipcast
