#pragma once
#include <memory>
#include <string>

#include "secure/dtls.hpp"

struct ssl_ctx_st;

namespace sipcast {

/// What DtlsContext and DtlsSession share.
struct DtlsContext::State {
  struct FreeContext {
    void operator()(ssl_ctx_st* value) const noexcept;
  };
  std::unique_ptr<ssl_ctx_st, FreeContext> context;
  std::string fingerprint;
};

}  // namespace sipcast
