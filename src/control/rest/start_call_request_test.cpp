#include "control/rest/start_call_request.hpp"

#include <gtest/gtest.h>

#include "control/rest/json_fields.hpp"

namespace sipcast::rest {
namespace {

constexpr char kThirteenStrings[] = R"({
  "callId": "12345678910", "callee": "10005", "toStream": "call_stream1", "hasAudio": "true", "hasVideo": "true",
  "sipLogin": "10006", "sipAuthenticationName": "auth6", "sipPassword": "secret", "sipDomain": "sip.example.net",
  "sipOutboundProxy": "proxy.example.net", "sipPort": "5062", "appKey": "defaultApp", "sipRegisterRequired": "true"})";

TEST(ParseStartCall, TakesTheThirteenFieldsAsStrings) {
  const auto command = parse_start_call(kThirteenStrings);
  ASSERT_TRUE(command) << command.error().cause;
  EXPECT_EQ(command->id.value, "12345678910");
  EXPECT_EQ(command->callee, "10005");
  EXPECT_EQ(command->stream.value, "call_stream1");
  EXPECT_TRUE(command->has_audio);
  EXPECT_TRUE(command->has_video);
  EXPECT_TRUE(command->register_first);
  EXPECT_EQ(command->account.login, "10006");
  EXPECT_EQ(command->account.authentication_name, "auth6");
  EXPECT_EQ(command->account.password, "secret");
  ASSERT_TRUE(command->account.outbound_proxy);
  EXPECT_EQ(command->account.outbound_proxy->host, "proxy.example.net");
  EXPECT_EQ(command->account.outbound_proxy->port, 5062);
}

TEST(ParseStartCall, HasTheDefaultsOfWcs) {
  const auto command = parse_start_call(
      R"({"callee":"1","sipLogin":"2","sipDomain":"h","hasVideo":null,"unknown":[1]})");
  ASSERT_TRUE(command) << command.error().cause;
  EXPECT_TRUE(command->has_audio);
  EXPECT_FALSE(command->has_video);
  EXPECT_TRUE(command->register_first);
  EXPECT_FALSE(command->id.value.empty());
  EXPECT_EQ(command->stream.value, command->id.value);
  EXPECT_EQ(command->account.authentication_name, "2");
  EXPECT_EQ(command->account.display_name, "2");
  EXPECT_EQ(command->account.port, 0);  // not given: 5060, or what DNS says
  EXPECT_FALSE(command->account.outbound_proxy);
  EXPECT_EQ(command->app_key, "defaultApp");
}

TEST(ParseStartCall, NamesTheFieldThatIsWrong) {
  const auto body = [](const char* field) {
    return std::string(R"({"callee":"1","sipLogin":"2","sipDomain":"h",)") + field + "}";
  };
  struct Case {
    std::string body;
    Errc code;
    const char* cause_begins;
  };
  const Case cases[] = {
      {"{", Errc::BadSyntax, "the body is not valid JSON"},
      {"[]", Errc::BadSyntax, "the body must be a JSON object"},
      {R"({"sipLogin":"2","sipDomain":"h"})", Errc::InvalidArgument, "callee: is missing"},
      {R"({"callee":"","sipLogin":"2","sipDomain":"h"})", Errc::InvalidArgument,
       "callee: is missing"},
      {R"({"callee":"1","sipDomain":"h"})", Errc::InvalidArgument, "sipLogin: is missing"},
      {R"({"callee":"1","sipLogin":"2"})", Errc::InvalidArgument, "sipDomain: is missing"},
      {R"({"callee":"1","sipLogin":"2","sipDomain":"a b"})", Errc::InvalidArgument, "sipDomain"},
      {body(R"("sipPort":"0")"), Errc::InvalidArgument, "sipPort"},
      {body(R"("sipPort":"65536")"), Errc::InvalidArgument, "sipPort"},
      {body(R"("sipPort":"5060x")"), Errc::InvalidArgument, "sipPort"},
      {body(R"("sipPort":5060.5)"), Errc::InvalidArgument, "sipPort"},
      {body(R"("hasAudio":"yes")"), Errc::InvalidArgument, "hasAudio"},
      {body(R"("hasAudio":1)"), Errc::InvalidArgument, "hasAudio"},
      {body(R"("hasAudio":false)"), Errc::InvalidArgument, "hasAudio, hasVideo"},
      {body(R"("toStream":{"a":1})"), Errc::InvalidArgument, "toStream"},
      {body(R"("callId":"a\r\nb")"), Errc::InvalidArgument, "callId"},
      {body(R"("sipOutboundProxy":"host:99999")"), Errc::InvalidArgument, "sipOutboundProxy"},
      {body(R"("rtmpUrl":"http://x/y")"), Errc::InvalidArgument, "rtmpUrl"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.body);
    const auto command = parse_start_call(c.body);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().code, c.code);
    EXPECT_TRUE(command.error().cause.starts_with(c.cause_begins)) << command.error().cause;
  }
}

TEST(ParseStartCall, ReadsAProxyAsPeopleWriteIt) {
  struct Case {
    const char* text;
    const char* host;
    uint16_t port;
    sip::Transport transport;
  };
  const Case cases[] = {
      {"10.0.0.1", "10.0.0.1", 0, sip::Transport::Udp},
      {"sip:pbx:5080;transport=tcp", "pbx", 5080, sip::Transport::Tcp},
      {"pbx.example.net;lr", "pbx.example.net", 0, sip::Transport::Udp},
      {"sip:pbx;lr;Transport=TLS", "pbx", 0, sip::Transport::Tls},
      {"sips:pbx:5071", "pbx", 5071, sip::Transport::Tls},
      {"[2001:db8::1]:5070", "2001:db8::1", 5070, sip::Transport::Udp},
      {"2001:db8::1", "2001:db8::1", 0, sip::Transport::Udp},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.text);
    const auto command = parse_start_call(
        std::string(R"({"callee":"1","sipLogin":"2","sipDomain":"h","sipOutboundProxy":")") +
        c.text + "\"}");
    ASSERT_TRUE(command) << command.error().cause;
    EXPECT_EQ(*command->account.outbound_proxy, (sip::Target{c.transport, c.host, c.port}));
  }
}

TEST(CallToJson, HasTheFieldsOfWcsInTheirTypesAndNoPassword) {
  CallInfo info;
  info.asked = *parse_start_call(kThirteenStrings);
  info.status = CallStatus::Established;
  info.sip_status = 200;
  const std::string json = call_to_json(info);
  EXPECT_EQ(json.find("secret"), std::string::npos);
  EXPECT_NE(json.find(R"("status":"ESTABLISHED","sipStatus":200)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("hasAudio":true,"hasVideo":true)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("caller":"10006","callee":"10005")"), std::string::npos) << json;
}

}  // namespace
}  // namespace sipcast::rest
