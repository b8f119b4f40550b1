#pragma once
#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace sipcast::ctl {

/// Lists of the API ({"calls":[...]}) as a table with the columns that people look at.
std::string show_list(const boost::json::object& reply);
/// One object, a line each: "media.received.frames  120".
std::string show_object(const boost::json::object& object);
/// "12:30:01.123  call.ended  c1 room1  reason=hung_up_by_us".
std::string show_event(const boost::json::object& event);

}  // namespace sipcast::ctl
