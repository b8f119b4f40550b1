#include "ctl/api_client.hpp"

#include <curl/curl.h>

#include "base/text.hpp"

namespace sipcast::ctl {
namespace {

constexpr size_t kMaxBody = 64u << 20;

struct Headers {
  ~Headers() { curl_slist_free_all(list); }
  void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
  curl_slist* list = nullptr;
};

struct Sink {
  CURL* curl;
  Reply& reply;
  std::function<bool(std::string_view)> take;  // null: all goes into the reply
};

size_t on_bytes(char* data, size_t size, size_t count, void* context) {
  Sink& sink = *static_cast<Sink*>(context);
  const std::string_view bytes(data, size * count);
  long status = 0;
  curl_easy_getinfo(sink.curl, CURLINFO_RESPONSE_CODE, &status);
  if (sink.take && status == 200) return sink.take(bytes) ? bytes.size() : CURL_WRITEFUNC_ERROR;
  if (sink.reply.body.size() + bytes.size() > kMaxBody) return CURL_WRITEFUNC_ERROR;
  sink.reply.body += bytes;
  return bytes.size();
}

}  // namespace

struct ApiClient::Curl {
  Curl() { curl_global_init(CURL_GLOBAL_DEFAULT), easy = curl_easy_init(); }
  ~Curl() { curl_easy_cleanup(easy), curl_global_cleanup(); }
  Result<Reply> perform(const Options& options, const std::string& path, Headers& headers,
                        Sink& sink) {
    curl_easy_setopt(easy, CURLOPT_URL, (options.url + path).c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, 10L);
    if (!options.key.empty()) headers.add("Authorization: Bearer " + options.key);
    if (options.insecure) {
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
    }
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers.list);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &sink);
    const CURLcode code = curl_easy_perform(easy);
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    const char* type = nullptr;
    curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
    sink.reply.status = static_cast<int>(status);
    sink.reply.content_type = type ? type : "";
    const bool stopped = code == CURLE_WRITE_ERROR && sink.take;  // by ourselves
    if (code != CURLE_OK && !stopped) {
      return fail(Errc::Refused, options.url + ": " + curl_easy_strerror(code));
    }
    return std::move(sink.reply);
  }
  CURL* easy;
};

ApiClient::ApiClient(Options options)
    : options_(std::move(options)), curl_(std::make_unique<Curl>()) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
}

ApiClient::~ApiClient() = default;

Result<Reply> ApiClient::request(const std::string& method, const std::string& path,
                                 const std::string& body) {
  curl_easy_reset(curl_->easy);
  curl_easy_setopt(curl_->easy, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl_->easy, CURLOPT_TIMEOUT, 60L);
  Headers headers;
  headers.add("Expect:");
  if (!body.empty()) {
    headers.add("Content-Type: application/json");
    curl_easy_setopt(curl_->easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl_->easy, CURLOPT_POSTFIELDS, body.c_str());
  }
  Reply reply;
  Sink sink{curl_->easy, reply, nullptr};
  return curl_->perform(options_, path, headers, sink);
}

Result<Reply> ApiClient::listen(const std::string& path, const std::string& last_event_id,
                                std::function<bool(std::string_view)> take) {
  curl_easy_reset(curl_->easy);
  Headers headers;
  headers.add("Accept: text/event-stream");
  if (!last_event_id.empty()) headers.add("Last-Event-ID: " + last_event_id);
  // The server speaks every 15 s at least.
  curl_easy_setopt(curl_->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl_->easy, CURLOPT_LOW_SPEED_TIME, 60L);
  Reply reply;
  Sink sink{curl_->easy, reply, std::move(take)};
  return curl_->perform(options_, path, headers, sink);
}

std::string encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       std::string_view("-_.~").find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : "%" + to_hex({&c, 1});
  }
  return encoded;
}

}  // namespace sipcast::ctl
