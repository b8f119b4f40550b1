#include "control/access/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/random.hpp"
#include "base/sha256.hpp"
#include "base/text.hpp"
#include "secure/hmac.hpp"

namespace sipcast {
namespace {

constexpr std::string_view kTokenPrefix = "sipcast_";
constexpr size_t kSecretLetters = 40, kMaxName = 64;
constexpr uint64_t kMostCalls = 100'000;

std::string sha256_of(std::string_view text) {
  Sha256 hash;
  hash.add(as_bytes(text));
  return hash.finish();
}

bool is_name(std::string_view text, std::string_view also) {
  return !text.empty() && text.size() <= kMaxName && std::ranges::all_of(text, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           also.contains(c);
  });
}
bool is_user_name(std::string_view text) { return is_name(text, "-_.@+"); }
bool is_key_id(std::string_view text) { return is_name(text, "-"); }

std::pair<std::string_view, std::string_view> cut_word(std::string_view text) {
  text = trim(text);
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  return {text.substr(0, end), trim(text.substr(end))};
}

std::unexpected<Error> bad(std::string_view word, std::string_view why) {
  return fail(Errc::BadSyntax, fmt::format("\"{}\": {}", printable(word, 60), why));
}

std::optional<uint8_t> scopes_of(std::string_view text) {
  uint8_t scopes = 0;
  for (const std::string_view word : split(text, ',')) {
    if (word == "calls") {
      scopes |= static_cast<uint8_t>(Scope::Calls);
    } else if (word == "streams") {
      scopes |= static_cast<uint8_t>(Scope::Streams);
    } else if (word == "admin") {
      scopes |= static_cast<uint8_t>(Scope::Admin);
    } else {
      return {};
    }
  }
  return scopes;
}

}  // namespace

Result<PrincipalPtr> Credentials::parse_rights(const std::string& id, std::string_view words) {
  auto principal = std::make_shared<Principal>();
  principal->name = "key " + id;
  while (!words.empty()) {
    const auto [word, rest] = cut_word(words);
    words = rest;
    const auto [name, value] = cut(word, '=');
    if (name == "scopes") {
      const auto scopes = scopes_of(value);
      if (!scopes) return bad(word, "scopes are calls, streams and admin, with commas between");
      principal->scopes = *scopes;
    } else if (name == "calls" || name == "calls_per_hour") {
      const auto number = parse_decimal(value, kMostCalls);
      if (!number) return bad(word, "must be a whole number up to 100000");
      (name == "calls" ? principal->max_calls : principal->calls_per_hour) =
          static_cast<uint32_t>(*number);
    } else {
      return bad(word, "scopes=, calls= or calls_per_hour= is expected");
    }
  }
  if (principal->scopes == 0) return fail(Errc::BadSyntax, "the key has no scopes=");
  return PrincipalPtr(std::move(principal));
}

Result<void> Credentials::parse_line(std::string_view line, Credentials& into) {
  const auto [kind, behind] = cut_word(line);
  const auto [name, rest] = cut_word(behind);
  const auto [hash, rights] = cut_word(rest);
  if (kind == "user") {
    if (!is_user_name(name)) return bad(name, "is no name for a user");
    auto parsed = PasswordHash::parse(hash);
    if (!parsed) return fail(parsed.error().code, "the hash " + parsed.error().cause);
    if (!rights.empty()) return bad(rights, "nothing is expected behind the hash");
    auto principal = std::make_shared<Principal>(Principal{
        .name = "user " + std::string(name), .scopes = static_cast<uint8_t>(Scope::Admin)});
    const bool is_new =
        into.users_.try_emplace(std::string(name), User{std::move(principal), std::move(*parsed)})
            .second;
    if (!is_new) return bad(name, "this user has another line already");
    return {};
  }
  if (kind == "key") {
    if (!is_key_id(name)) return bad(name, "is no id of a key (letters, digits and '-')");
    const bool is_hash = hash.size() == 64 && std::ranges::all_of(hash, [](char c) {
                           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
                         });
    if (!is_hash)
      return fail(Errc::BadSyntax, "the SHA-256 of the key must be 64 hexadecimal digits");
    auto principal = parse_rights(std::string(name), rights);
    if (!principal) return std::unexpected(principal.error());
    const bool is_new =
        into.keys_.try_emplace(std::string(name), Key{std::move(*principal), std::string(hash)})
            .second;
    if (!is_new) return bad(name, "this key has another line already");
    return {};
  }
  return bad(kind, "a line begins with user or key");
}

Result<Credentials> Credentials::parse(std::string_view text) {
  Credentials parsed;
  size_t number = 0;
  for (const std::string_view line : split(text, '\n')) {
    ++number;
    const std::string_view content = trim(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (const auto taken = parse_line(content, parsed); !taken) {
      return fail(Errc::BadSyntax, fmt::format("line {}: {}", number, taken.error().cause));
    }
  }
  return parsed;
}

const Credentials::User* Credentials::find_user(std::string_view name) const {
  const auto found = users_.find(name);
  return found == users_.end() ? nullptr : &found->second;
}

PrincipalPtr Credentials::find_key(std::string_view token) const {
  if (!token.starts_with(kTokenPrefix) || token.size() > 2 * kMaxName + kSecretLetters) return {};
  const auto [id, secret] = cut(token.substr(kTokenPrefix.size()), '_');
  const auto found = keys_.find(id);
  if (found == keys_.end()) return {};
  const bool same = same_secret(as_bytes(sha256_of(token)), as_bytes(found->second.sha256));
  return same ? found->second.principal : nullptr;
}

Result<NewKey> make_key(std::string_view id, std::string_view rights) {
  if (!is_key_id(id)) {
    return fail(Errc::InvalidArgument, "the id of a key has up to 64 letters, digits and '-'");
  }
  NewKey made{.token = fmt::format("{}{}_{}", kTokenPrefix, id, random_token(kSecretLetters)),
              .line = {}};
  made.line = fmt::format("key {} {} {}", id, sha256_of(made.token), rights);
  const auto checked = Credentials::parse(made.line);
  if (!checked) return fail(Errc::InvalidArgument, checked.error().cause);
  return made;
}

Result<std::string> make_user_line(std::string_view name, std::string_view password) {
  if (!is_user_name(name)) {
    return fail(Errc::InvalidArgument,
                "a user's name has up to 64 letters, digits and any of -_.@+");
  }
  if (password.empty()) return fail(Errc::InvalidArgument, "the password is empty");
  return fmt::format("user {} {}", name, PasswordHash::make(password).to_string());
}

std::string with_line(std::string_view text, std::string_view kind, std::string_view name,
                      std::string_view line) {
  std::string result;
  bool put = line.empty();
  const auto add = [&](std::string_view one) { result.append(one).append("\n"); };
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.empty()) {
    for (const std::string_view old : split(text, '\n')) {
      const auto [old_kind, rest] = cut_word(old);
      if (old_kind != kind || cut_word(rest).first != name) {
        add(old);
      } else if (!put) {
        add(line);
        put = true;
      }
    }
  }
  if (!put) add(line);
  return result;
}

}  // namespace sipcast
