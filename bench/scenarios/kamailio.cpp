#include "bench/scenarios/kamailio.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/scenarios/sipcast_server.hpp"

namespace sipcast::bench {
namespace {
constexpr const char* kConfig = R"(#!KAMAILIO
debug=1
log_stderror=yes
children=1
auto_aliases=no
dns=no
rev_dns=no
disable_tcp=yes
loadmodule "kex.so"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "siputils.so"
loadmodule "textops.so"
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
    if (is_method("CANCEL")) { if (t_check_trans()) t_relay(); exit; }
    if (has_totag()) {
        if (loose_route()) { t_relay(); exit; }
        if (is_method("ACK")) { if (t_check_trans()) t_relay(); exit; }
        sl_send_reply("404", "Not here"); exit;
    }
    if (is_method("INVITE")) record_route();
    t_relay();
}
)";
}  // namespace

std::unique_ptr<Kamailio> start_kamailio(const std::string& folder, int core) {
  if (!std::filesystem::exists("/usr/sbin/kamailio")) return {};
  auto kamailio = std::make_unique<Kamailio>();
  kamailio->address = SocketAddress::parse("127.0.0.1", 0)->with_port(free_port());
  const std::string config = folder + "/kamailio.cfg";
  std::ofstream(config) << kConfig;
  const std::string run = std::filesystem::absolute(folder).string();
  kamailio->process = std::make_unique<Process>(
      std::vector<std::string>{"/usr/sbin/kamailio", "-f", config, "-Y", run, "-w", run, "-l",
                               "udp:" + kamailio->address.to_string(), "-DD", "-E", "-m", "256", "-M",
                               "16"},
      folder + "/kamailio.log", core);
  std::this_thread::sleep_for(std::chrono::seconds(1));
  if (!kamailio->process->running()) {
    throw std::runtime_error("kamailio does not start: see " + folder + "/kamailio.log");
  }
  return kamailio;
}

}  // namespace sipcast::bench
