#include "fetch/client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <thread>

#include "base/check.hpp"
#include "base/text.hpp"

namespace sipcast::fetch {
namespace {

constexpr size_t kMaxHeaderBytes = 64 * 1024;
constexpr int kPollMs = 1000, kIdlePollMs = 60'000;  // whoever has something to do wakes it
constexpr long kKeptConnections = 64;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using EasyHandle = std::unique_ptr<CURL, FreeEasy>;
using ListHandle = std::unique_ptr<curl_slist, FreeList>;

void append(ListHandle& list, const std::string& line) {
  curl_slist* longer = curl_slist_append(list.get(), line.c_str());
  CHECK(longer != nullptr);
  if (!list) list.reset(longer);  // else its head stays
}

bool is_one_line(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

/// One request on its way. On the client's thread once it has begun.
struct Exchange {
  Post post;
  std::function<void(Result<Reply>)> done;
  size_t max_body = 0;
  Reply reply = {};
  size_t header_bytes = 0;
  bool too_large = false;
  std::array<char, CURL_ERROR_SIZE> error{};
  EasyHandle easy = {};
  ListHandle headers = {}, resolve = {};
};

size_t on_header(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += size;
  if (exchange.header_bytes > kMaxHeaderBytes) {
    exchange.too_large = true;
    return 0;
  }
  const std::string_view line = trim({data, size});
  if (line.starts_with("HTTP/")) {
    exchange.reply.reason = trim(cut(cut(line, ' ').second, ' ').second);
    exchange.reply.body.clear();  // of a 100 before it
  }
  return size;
}

size_t on_body(char* data, size_t, size_t size, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.reply.body.size() + size > exchange.max_body) {
    exchange.too_large = true;
    return 0;
  }
  exchange.reply.body.append(data, size);
  return size;
}

/// Whatever libcurl thinks: only to the checked address.
curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* wanted) {
  const auto& exchange = *static_cast<const Exchange*>(user);
  const auto address = SocketAddress::from_sockaddr(&wanted->addr, wanted->addrlen);
  if (!address.same_ip(exchange.post.address)) return CURL_SOCKET_BAD;
  return ::socket(wanted->family, wanted->socktype | SOCK_CLOEXEC, wanted->protocol);
}

std::string cause_of(const Exchange& exchange, CURLcode code) {
  const std::string_view said(exchange.error.data());
  return printable(said.empty() ? std::string_view(curl_easy_strerror(code)) : said);
}

template <class T>
void set(const Exchange& exchange, CURLoption option, T value) {
  CHECK(curl_easy_setopt(exchange.easy.get(), option, value) == CURLE_OK);
}

void prepare(Exchange& exchange, const Client::Options& options) {
  const Post& post = exchange.post;
  exchange.easy.reset(curl_easy_init());
  CHECK(exchange.easy != nullptr);
  set(exchange, CURLOPT_PRIVATE, static_cast<void*>(&exchange));
  set(exchange, CURLOPT_ERRORBUFFER, exchange.error.data());
  set(exchange, CURLOPT_URL, post.url.to_string().c_str());
  set(exchange, CURLOPT_PROTOCOLS_STR, "http,https");
  set(exchange, CURLOPT_FOLLOWLOCATION, 0L);
  set(exchange, CURLOPT_PROXY, "");
  set(exchange, CURLOPT_NOSIGNAL, 1L);
  set(exchange, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(exchange, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(1, to_ms(post.timeout))));
  set(exchange, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(std::max<int64_t>(1, to_ms(post.timeout))));
  const std::string ip = post.address.is_v6() ? "[" + post.address.ip() + "]" : post.address.ip();
  if (!SocketAddress::parse(post.url.host, 0)) {
    append(exchange.resolve, fmt::format("{}:{}:{}", post.url.host, post.url.port, ip));
    set(exchange, CURLOPT_RESOLVE, exchange.resolve.get());
  }
  set(exchange, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(exchange, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&exchange));
  set(exchange, CURLOPT_SSL_VERIFYPEER, options.verify_tls ? 1L : 0L);
  set(exchange, CURLOPT_SSL_VERIFYHOST, options.verify_tls ? 2L : 0L);
  if (!options.ca_file.empty()) set(exchange, CURLOPT_CAINFO, options.ca_file.c_str());
  if (!post.user.empty() || !post.password.empty()) {
    set(exchange, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
    set(exchange, CURLOPT_USERNAME, post.user.c_str());
    set(exchange, CURLOPT_PASSWORD, post.password.c_str());
  }
  append(exchange.headers, "Expect:");  // no 100-continue
  append(exchange.headers, "User-Agent: sipcast");
  for (const auto& [name, value] : post.headers) {
    if (is_one_line(name) && is_one_line(value))
      append(exchange.headers, fmt::format("{}: {}", name, value));
  }
  set(exchange, CURLOPT_HTTPHEADER, exchange.headers.get());
  set(exchange, CURLOPT_POSTFIELDSIZE, static_cast<long>(post.body.size()));
  set(exchange, CURLOPT_POSTFIELDS, post.body.data());  // not copied: it stays with the exchange
  set(exchange, CURLOPT_HEADERFUNCTION, &on_header);
  set(exchange, CURLOPT_HEADERDATA, static_cast<void*>(&exchange));
  set(exchange, CURLOPT_WRITEFUNCTION, &on_body);
  set(exchange, CURLOPT_WRITEDATA, static_cast<void*>(&exchange));
}

Result<Reply> result_of(Exchange& exchange, CURLcode code) {
  if (exchange.too_large) return fail(Errc::Exhausted, "the reply is too large");
  if (code == CURLE_OPERATION_TIMEDOUT) return fail(Errc::Timeout, cause_of(exchange, code));
  if (code != CURLE_OK) return fail(Errc::Refused, cause_of(exchange, code));
  long status = 0;
  curl_easy_getinfo(exchange.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  exchange.reply.status = static_cast<int>(status);
  return std::move(exchange.reply);
}

}  // namespace

struct Client::State {
  State(Options client_options, Logger logger)
      : options(std::move(client_options)), log(std::move(logger)) {
    static std::once_flag once;
    std::call_once(once, [] { CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
    multi = curl_multi_init();
    CHECK(multi != nullptr);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, kKeptConnections);
    thread = std::thread([this] { run(); });
    ::pthread_setname_np(thread.native_handle(), "fetch");
  }
  ~State() {
    {
      const std::lock_guard lock(mutex);
      ending = true;
    }
    curl_multi_wakeup(multi);
    thread.join();
    curl_multi_cleanup(multi);
  }

  void run();
  void begin(std::unique_ptr<Exchange> exchange);
  void take_finished();
  void end_all();

  const Options options;
  const Logger log;
  CURLM* multi = nullptr;
  std::map<CURL*, std::unique_ptr<Exchange>> running;  // the thread's own
  std::mutex mutex;                                    // guards the next two
  std::vector<std::unique_ptr<Exchange>> queued;
  bool ending = false;
  std::thread thread;
};

void Client::State::run() {
  for (;;) {
    std::vector<std::unique_ptr<Exchange>> fresh;
    bool over = false;
    {
      const std::lock_guard lock(mutex);
      fresh.swap(queued);
      over = ending;
    }
    for (auto& exchange : fresh) begin(std::move(exchange));
    if (over) return end_all();
    int still_running = 0;
    curl_multi_perform(multi, &still_running);
    take_finished();
    curl_multi_poll(multi, nullptr, 0, running.empty() ? kIdlePollMs : kPollMs, nullptr);
  }
}

void Client::State::begin(std::unique_ptr<Exchange> exchange) {
  prepare(*exchange, options);
  CURL* easy = exchange->easy.get();
  CHECK(curl_multi_add_handle(multi, easy) == CURLM_OK);
  running.emplace(easy, std::move(exchange));
}

void Client::State::take_finished() {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(multi, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    auto node = running.extract(message->easy_handle);
    curl_multi_remove_handle(multi, message->easy_handle);
    if (!node.empty()) node.mapped()->done(result_of(*node.mapped(), code));
  }
}

void Client::State::end_all() {
  for (auto& [easy, exchange] : running) {
    curl_multi_remove_handle(multi, easy);
    exchange->done(fail(Errc::Refused, "the server is shutting down"));
  }
  running.clear();
}

Client::Client(Options options, Logger log)
    : state_(std::make_unique<State>(std::move(options), std::move(log))) {}

Client::~Client() = default;

void Client::post(Post post, std::function<void(Result<Reply>)> done) {
  auto exchange = std::make_unique<Exchange>();
  exchange->post = std::move(post);
  exchange->done = std::move(done);
  exchange->max_body = state_->options.max_body_bytes;
  {
    const std::lock_guard lock(state_->mutex);
    state_->queued.push_back(std::move(exchange));
  }
  curl_multi_wakeup(state_->multi);
}

}  // namespace sipcast::fetch
