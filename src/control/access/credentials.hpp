#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "control/access/principal.hpp"
#include "secure/password_hash.hpp"

namespace sipcast {

/// The users and API keys of `auth.file`, one a line:
///
///     user alice $scrypt$ln=15,r=8,p=1$...
///     key dialer 9f86d0...  scopes=calls,streams calls=10 calls_per_hour=100
///
/// '#' begins a comment. A key is kept as its SHA-256: it is as long as a hash itself, so that no
/// salt and no slow hash is needed. Immutable; any thread.
class Credentials {
 public:
  struct User {
    PrincipalPtr principal;
    PasswordHash hash;
  };
  /// Errors: BadSyntax, naming line and word.
  static Result<Credentials> parse(std::string_view text);
  bool empty() const { return users_.empty() && keys_.empty(); }
  const User* find_user(std::string_view name) const;
  /// Whose key this is; null: nobody's. Compares in constant time.
  PrincipalPtr find_key(std::string_view token) const;

 private:
  struct Key {
    PrincipalPtr principal;
    std::string sha256;
  };
  static Result<void> parse_line(std::string_view line, Credentials& into);
  static Result<PrincipalPtr> parse_rights(const std::string& id, std::string_view words);
  std::map<std::string, User, std::less<>> users_;
  std::map<std::string, Key, std::less<>> keys_;
};

/// A new API key: what its owner is given, "sipcast_ID_...", and the line that is kept of it.
struct NewKey {
  std::string token, line;
};
/// `rights`: "scopes=calls calls=10", as in the file. Errors: InvalidArgument.
Result<NewKey> make_key(std::string_view id, std::string_view rights);
/// Errors: InvalidArgument (no name for a user, an empty password).
Result<std::string> make_user_line(std::string_view name, std::string_view password);

/// `text` with `line` in place of the line of this user or key (`kind`), or behind the last one;
/// without it when `line` is "".
std::string with_line(std::string_view text, std::string_view kind, std::string_view name,
                      std::string_view line);

}  // namespace sipcast
