#pragma once
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "control/hooks/app.hpp"

namespace sipcast {

/// The apps of `apps.file`. Any thread; load(), put() and remove() block on the file, and so are
/// not for loops.
class AppRegistry {
 public:
  /// @param file  "" for none: there are no apps then
  explicit AppRegistry(std::string file) : file_(std::move(file)) {}
  /// Reads the file, also again; one that is not there holds no apps. On an error what was known
  /// stays. Errors: Io, and those of parse_apps; each names the option.
  Result<void> load();
  /// Null when there is none.
  AppPtr find(std::string_view key) const;
  std::vector<AppPtr> list() const;
  bool empty() const;
  /// Adds, or takes the place of the app with this key. True: it is new. Errors: Forbidden (there
  /// is no file), Io.
  Result<bool> put(App app);
  /// Errors: NotFound, Io.
  Result<void> remove(std::string_view key);

 private:
  using Apps = std::map<std::string, AppPtr, std::less<>>;
  Apps copy() const;
  Result<void> take(Apps apps);
  const std::string file_;
  std::mutex writing_;        // held over a change and its write
  mutable std::mutex mutex_;  // guards the next one
  Apps apps_;
};

}  // namespace sipcast
