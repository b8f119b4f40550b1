#include "secure/certificate.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include "base/random.hpp"
#include "base/text.hpp"

namespace sipcast {
namespace {

/// "AB:CD:..." of the certificate's DER; empty when OpenSSL refuses.
std::string hash(const X509& certificate, const EVP_MD* algorithm) {
  uint8_t digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (X509_digest(&certificate, algorithm, digest, &size) != 1) return {};
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += kDigits[digest[i] >> 4];
    text += kDigits[digest[i] & 15];
  }
  return text;
}

const EVP_MD* algorithm(std::string_view name) {
  if (iequals(name, "sha-256")) return EVP_sha256();
  if (iequals(name, "sha-1")) return EVP_sha1();
  if (iequals(name, "sha-384")) return EVP_sha384();
  if (iequals(name, "sha-512")) return EVP_sha512();
  return nullptr;
}

bool fill(X509* x509, EVP_PKEY* key) {
  constexpr long kDay = 24 * 60 * 60;
  uint8_t serial[8];
  random_bytes(serial);
  serial[0] = static_cast<uint8_t>((serial[0] & 0x7f) | 1);  // positive
  const std::unique_ptr<BIGNUM, void (*)(BIGNUM*)> number(BN_bin2bn(serial, sizeof serial, nullptr),
                                                          BN_free);
  X509_NAME* name = X509_get_subject_name(x509);
  static constexpr uint8_t kCommonName[] = "sipcast";
  return number && X509_set_version(x509, X509_VERSION_3) == 1 &&
         BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr &&
         X509_gmtime_adj(X509_getm_notBefore(x509), -kDay) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(x509), 3650 * kDay) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, kCommonName, -1, -1, 0) == 1 &&
         X509_set_issuer_name(x509, name) == 1 && X509_set_pubkey(x509, key) == 1 &&
         X509_sign(x509, key, EVP_sha256()) > 0;
}

}  // namespace

void FreePrivateKey::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }
void FreeX509::operator()(x509_st* certificate) const noexcept { X509_free(certificate); }

Result<Certificate> Certificate::make_self_signed() {
  Certificate result;
  result.key.reset(EVP_EC_gen("P-256"));
  result.x509.reset(X509_new());
  if (!result.key || !result.x509 || !fill(result.x509.get(), result.key.get())) {
    return fail(Errc::Internal, "OpenSSL cannot make a certificate");
  }
  return result;
}

std::string fingerprint_of(const x509_st& certificate) {
  const std::string text = hash(certificate, EVP_sha256());
  return text.empty() ? text : "sha-256 " + text;
}

bool fingerprint_matches(const x509_st& certificate, std::string_view fingerprint) {
  const auto [name, value] = cut(trim(fingerprint), ' ');
  const EVP_MD* const wanted = algorithm(name);
  if (wanted == nullptr) return false;
  const std::string actual = hash(certificate, wanted);
  return !actual.empty() && iequals(trim(value), actual);
}

}  // namespace sipcast
