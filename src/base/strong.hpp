#pragma once
#include <cstdint>
#include <functional>
#include <string>

namespace sipcast {

/// A value with a meaning. Two different ids neither compare nor convert. Equality only: most of
/// our numbers wrap, and the others are names.
template <class Tag, class T>
struct Strong {
  T value{};
  friend constexpr bool operator==(const Strong&, const Strong&) = default;
};

using Ssrc = Strong<struct SsrcTag, uint32_t>;
using RtpTimestamp = Strong<struct RtpTimestampTag, uint32_t>;
using CallId = Strong<struct CallIdTag, std::string>;
using StreamName = Strong<struct StreamNameTag, std::string>;
using ViewerId = Strong<struct ViewerIdTag, uint64_t>;

}  // namespace sipcast

template <class Tag, class T>
struct std::hash<sipcast::Strong<Tag, T>> {
  size_t operator()(const sipcast::Strong<Tag, T>& strong) const {
    return std::hash<T>{}(strong.value);
  }
};
