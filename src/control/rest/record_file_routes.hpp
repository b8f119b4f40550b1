#pragma once
#include <string>

#include "base/log.hpp"
#include "http/http.hpp"

namespace sipcast::rest {

enum class RecordDownload : uint8_t { Off, On };

/// GET /rest-api/recorder/files lists the finished recordings of `directory`, newest first, as
/// JSON; GET /rest-api/recorder/files/NAME is one of them, or its manifest, with ranges (RFC 9110
/// §14). When Off both say 403 and the option. Files are read on a thread of their own.
void add_record_file_routes(http::Router& router, std::string directory, RecordDownload download);

}  // namespace sipcast::rest
