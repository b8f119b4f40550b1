#pragma once
#include "control/access/play_access.hpp"
#include "control/ice_servers.hpp"
#include "control/media_worker.hpp"
#include "http/http.hpp"

namespace sipcast {

/// WHEP (draft-ietf-wish-whep, in the manners of RFC 9725), on the web loop. POST /whep/NAME with
/// an SDP offer (with ?transport=tcp: only ICE-TCP candidates in the answer): 201, the answer, a
/// Location, the ETag of its ICE session, and `servers` as Link headers; the answer of a reserved
/// stream waits for the phone (409 with Retry-After when that takes too long). PATCH of the
/// Location takes trickled candidates, which an ICE-lite server has no need of, and refuses an ICE
/// restart (422); DELETE ends the viewer. Who may watch is for `access` to say, by the viewer's
/// bearer token. Refusals are RFC 9457 documents.
void add_whep_routes(http::Router& router, MediaPlane& media, PlayAccess& access,
                     std::vector<IceServer> servers);

}  // namespace sipcast
