#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace sipcast::ctl {

/// Columns as wide as their widest cell; the last one as long as it is. Cells are UTF-8; control
/// characters in them become escapes.
std::string table(const std::vector<std::vector<std::string>>& rows);

}  // namespace sipcast::ctl
