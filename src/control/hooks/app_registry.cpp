#include "control/hooks/app_registry.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/file.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {
constexpr size_t kMaxFile = 1024 * 1024;
}

Result<void> AppRegistry::load() {
  if (file_.empty()) return {};
  const std::lock_guard changing(writing_);
  const auto text = read_file(file_, kMaxFile);
  if (!text && text.error().code != Errc::NotFound) {
    return fail(text.error().code, "apps.file: " + text.error().cause);
  }
  auto parsed = parse_apps(text ? *text : "");
  if (!parsed) {
    return fail(parsed.error().code,
                fmt::format("apps.file: {}: {}", printable(file_), parsed.error().cause));
  }
  Apps apps;
  for (App& app : *parsed) {
    std::string key = app.key;
    apps.emplace(std::move(key), std::make_shared<const App>(std::move(app)));
  }
  const std::lock_guard lock(mutex_);
  apps_ = std::move(apps);
  return {};
}

AppPtr AppRegistry::find(std::string_view key) const {
  const std::lock_guard lock(mutex_);
  const auto found = apps_.find(key);
  return found == apps_.end() ? nullptr : found->second;
}

bool AppRegistry::empty() const {
  const std::lock_guard lock(mutex_);
  return apps_.empty();
}

AppRegistry::Apps AppRegistry::copy() const {
  const std::lock_guard lock(mutex_);
  return apps_;
}

std::vector<AppPtr> AppRegistry::list() const {
  std::vector<AppPtr> all;
  for (const auto& [key, app] : copy()) all.push_back(app);
  return all;
}

/// Writes them, and only then knows them.
Result<void> AppRegistry::take(Apps apps) {
  if (file_.empty()) {
    return fail(Errc::Forbidden, "apps.file is not set: there is no place for apps");
  }
  boost::json::array list;
  for (const auto& [key, app] : apps) list.push_back(app_to_json(*app, Secrets::Shown));
  auto written =
      replace_file(file_, boost::json::serialize(boost::json::object{{"apps", list}}) + "\n");
  if (!written) return written;
  const std::lock_guard lock(mutex_);
  apps_ = std::move(apps);
  return {};
}

Result<bool> AppRegistry::put(App app) {
  const std::lock_guard changing(writing_);
  Apps apps = copy();
  std::string key = app.key;
  const bool is_new =
      apps.insert_or_assign(std::move(key), std::make_shared<const App>(std::move(app))).second;
  if (auto taken = take(std::move(apps)); !taken) return std::unexpected(taken.error());
  return is_new;
}

Result<void> AppRegistry::remove(std::string_view key) {
  const std::lock_guard changing(writing_);
  Apps apps = copy();
  const auto found = apps.find(key);
  if (found == apps.end()) return fail(Errc::NotFound, "appKey: there is no such app");
  apps.erase(found);
  return take(std::move(apps));
}

}  // namespace sipcast
