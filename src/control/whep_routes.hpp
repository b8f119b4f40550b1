#pragma once
#include "control/media_worker.hpp"
#include "http/http.hpp"

namespace sipcast {

/// WHEP in its minimal form (draft-ietf-wish-whep): POST /whep/NAME with an SDP offer answers 201,
/// the answer and a Location; DELETE of that ends the viewer. A reserved stream's answer waits for
/// the phone.
void add_whep_routes(http::Router& router, MediaPlane& media);

}  // namespace sipcast
