#include "control/v1/new_call.hpp"

#include "base/random.hpp"
#include "control/rest/proxy_text.hpp"
#include "control/v1/strict_fields.hpp"

namespace sipcast::v1 {
namespace {

void read_account(StrictFields& fields, StartCall& command) {
  sip::Account& account = command.account;
  account.login = fields.required_text("login");
  account.domain = fields.required_text("domain");
  account.authentication_name = fields.text("auth_name").value_or(account.login);
  account.password = fields.text("password").value_or("");
  account.display_name = fields.text("display_name").value_or(account.login);
  const auto port = fields.number("port", 1, 65535);
  account.port = static_cast<uint16_t>(port.value_or(0));
  command.any_transport = !port;
  command.register_first = fields.boolean("register", false);
  if (!account.domain.empty() && !rest::is_host(account.domain)) {
    fields.refuse("domain", "is no host name or address");
  }
  const auto proxy = fields.text("proxy");
  if (!proxy) return;
  auto target = rest::parse_proxy(*proxy, account.port, command.any_transport);
  if (!target) return fields.refuse("proxy", target.error().cause);
  account.transport = target->transport;
  command.any_transport = command.any_transport && target->port == 0;
  account.outbound_proxy = std::move(*target);
}

}  // namespace

Result<StartCall> parse_new_call(std::string_view body) {
  auto fields = StrictFields::parse(body);
  if (!fields) return std::unexpected(fields.error());
  StartCall command;
  command.callee = fields->required_text("callee");
  command.id = CallId{fields->text("call_id").value_or(random_token(20))};
  command.stream = StreamName{fields->text("stream").value_or(command.id.value)};
  command.has_audio = fields->boolean("audio", true);
  command.has_video = fields->boolean("video", true);
  command.record = fields->boolean("record", false);
  if (!command.has_audio && !command.has_video) {
    fields->refuse("audio, video", "one of them must be true");
  }
  if (auto account = fields->object("account")) {
    read_account(*account, command);
    fields->merge(std::move(*account));
  } else {
    fields->refuse("account", "is missing");
  }
  if (const auto checked = fields->check(); !checked) return std::unexpected(checked.error());
  return command;
}

}  // namespace sipcast::v1
