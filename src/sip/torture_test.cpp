// The torture messages of RFC 4475 and RFC 5118, written from their descriptions, and what we do
// with each: the status of our answer, or 0 for silence. Names are those of the RFCs.
#include "sip/agents_for_tests.hpp"

namespace sipcast::sip {
namespace {

struct Torture {
  const char* name;
  const char* why;
  int status;
  const char* text;  ///< lines end with LF here, and with CRLF on the wire
};

std::string on_the_wire(std::string_view text) {
  std::string wire;
  for (const char c : text) {
    if (c == '\n') wire += '\r';
    wire += c;
  }
  return wire;
}

// What most of them share.
#define HEAD                                              \
  "Via: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKkdjuw\n" \
  "Max-Forwards: 70\n"                                    \
  "From: <sip:caller@example.net>;tag=141334\n"           \
  "To: <sip:user@example.com>\n"

const Torture kTorture[] = {
    // RFC 4475 3.1.1: valid
    {"wsinv", "white space wherever it may be; in a dialog that we do not know", 481,
     "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\n"
     "TO :\n sip:vivekg@chair-dnrc.example.com ;   tag    = 1918181833n\n"
     "from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\n  ;\n  tag = 98asjd8\n"
     "MaX-fOrWaRdS: 0068\nCall-ID: wsinv.ndaksdj@192.0.2.1\nContent-Length   : 5\n"
     "cseq: 0009\n  INVITE\nVia  : SIP  /   2.0\n /UDP\n    192.0.2.2;branch=390skdjuw\n"
     "s :\nNewFangledHeader:   newfangled value\n continued newfangled value\n"
     "UnknownHeaderWithUnusualValue: ;;,,;;,;\nContent-Type: application/sdp\n"
     "Route:\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\n"
     "v:  SIP  / 2.0  / TCP     spindle.example.com   ;\n  branch  =   z9hG4bK9ikj8  ,\n"
     " SIP  /    2.0   / UDP  192.168.255.111   ; branch=\n z9hG4bK30239\n"
     "m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\n      newvalue ;\n"
     "  secondparam ; q = 0.33\n\nv=0\n"},
    {"intmeth", "every character that a token may hold; a method that nobody knows", 501,
     "!interesting-Method0123456789_*+`.%indeed'~ sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,"
     "/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com SIP/2.0\n"
     "Via: SIP/2.0/UDP host1.example.com;rport;branch=z9hG4bK-.!%66*_+`'~\n"
     "To: \"BEL:\\ NUL:\\  DEL:\\ \" "
     "<sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*@example.com>\n"
     "From: token1~` token2'+_ token3*%!.- <sip:mundane@example.com>;fromParam''~+*_!.-%=\"wei "
     "rd\";tag=_token~1'+`*%!-.\n"
     "Call-ID: intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{\nCSeq: 139122385 "
     "!interesting-Method0123456789_*+`.%indeed'~\nMax-Forwards: 255\nContent-Length: 0\n\n"},
    {"esc01", "escapes in URIs", 403,
     "INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0\n" HEAD
     "Call-ID: esc01\nCSeq: 1 INVITE\nContact: "
     "<sip:caller@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31>\n"
     "Content-Length: 0\n\n"},
    {"escnull", "%00 in user parts", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD
     "Call-ID: escnull\nCSeq: 14398234 REGISTER\nContact: <sip:%00@host5.example.com>\n"
     "Content-Length: 0\n\n"},
    {"esc02", "a % in the method is no escape", 501,
     "RE%47IST%45R sip:registrar.example.com SIP/2.0\n" HEAD
     "Call-ID: esc02\nCSeq: 29344 RE%47IST%45R\nContent-Length: 0\n\n"},
    {"lwsdisp", "no white space between a display name and <", 200,
     "OPTIONS sip:user@example.com SIP/2.0\n"
     "To: sip:user@example.com\nFrom: caller<sip:caller@example.com>;tag=323\nMax-Forwards: 70\n"
     "Call-ID: lwsdisp\nCSeq: 60 OPTIONS\nVia: SIP/2.0/UDP funky.example.com;branch=z9hG4bKkdjuw\n"
     "l: 0\n\n"},
    {"dblreq", "a second request behind Content-Length 0 in one datagram is dropped", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD
     "Call-ID: dblreq\nCSeq: 8 REGISTER\nContent-Length: 0\n\n\n"
     "INVITE sip:joe@example.com SIP/2.0\nt: sip:joe@example.com\n"},
    {"semiuri", "semicolons in the user part", 200,
     "OPTIONS sip:user;par=u%40example.net@example.com SIP/2.0\n" HEAD
     "Call-ID: semiuri\nCSeq: 8 OPTIONS\nAccept: application/sdp\nl: 0\n\n"},
    {"transports", "transports that nobody knows in Via", 200,
     "OPTIONS sip:user@example.com SIP/2.0\n" HEAD
     "Via: SIP/2.0/UNKNOWN t6.example.com;branch=z9hG4bKkdjuw\n"
     "Call-ID: transports\nCSeq: 60 OPTIONS\nl: 0\n\n"},
    {"mpart01", "a body of several parts", 405,
     "MESSAGE sip:kumiko@example.org SIP/2.0\n" HEAD
     "Call-ID: mpart01\nCSeq: 127 MESSAGE\nContent-Type: "
     "multipart/mixed;boundary=7a9cbec02ceef655\n"
     "Content-Length: 27\n\n--7a9cbec02ceef655\nabc\n--"},
    {"unreason", "a response with a reason in another script, to nobody", 0,
     "SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\n" HEAD
     "Call-ID: unreason\nCSeq: 35 INVITE\nContent-Length: 0\n\n"},
    {"noreason", "a response without reason, to nobody", 0,
     "SIP/2.0 100 \n" HEAD "Call-ID: noreason\nCSeq: 35 INVITE\nContent-Length: 0\n\n"},
    // 3.1.2: invalid
    {"badinv01", "extraneous separators in headers are passed over", 200,
     "OPTIONS sip:user@example.com SIP/2.0\nVia: SIP/2.0/UDP "
     "192.0.2.3:5070;branch=z9hG4bKkdjuw;;,;,,\n"
     "From: <sip:caller@example.net>;tag=1\nTo: <sip:user@example.com>;;,;\nCall-ID: badinv01\n"
     "CSeq: 8 OPTIONS\nContent-Length: 0\n\n"},
    {"clerr", "Content-Length is larger than the datagram", 400,
     "INVITE sip:user@example.com SIP/2.0\n" HEAD "Call-ID: clerr\nCSeq: 0 INVITE\nContent-Type: "
     "application/sdp\nContent-Length: 9999\n\nv=0\n"},
    {"ncl", "Content-Length is negative", 400,
     "INVITE sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: ncl\nCSeq: 0 INVITE\nContent-Type: application/sdp\nContent-Length: -999\n\nv=0\n"},
    {"scalar02", "a CSeq over 2**31: no answer could name it", 0,
     "REGISTER sip:example.com SIP/2.0\n" HEAD
     "Call-ID: scalar02\nCSeq: 36893488147419103232 REGISTER\nContent-Length: 0\n\n"},
    {"scalarlg", "a response with such numbers", 0,
     "SIP/2.0 503 Service Unavailable\n" HEAD "Call-ID: scalarlg\nCSeq: 9292394834772304023312 "
     "OPTIONS\nRetry-After: 949302838503028349304023988\n"
     "Content-Length: 0\n\n"},
    {"quotbal", "a quote in To that never ends: no answer could copy it", 0,
     "INVITE sip:user@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKkdjuw\n"
     "From: <sip:caller@example.net>;tag=1\nTo: \"Mr. J. User <sip:j.user@example.com>\n"
     "Call-ID: quotbal\nCSeq: 8 INVITE\nContent-Length: 0\n\n"},
    {"ltgtruri", "<> around the Request-URI", 400,
     "INVITE <sip:user@example.com> SIP/2.0\n" HEAD
     "Call-ID: ltgtruri\nCSeq: 8 INVITE\nContent-Length: 0\n\n"},
    {"lwsruri", "white space in the Request-URI", 400,
     "INVITE sip:user@example.com; lr SIP/2.0\n" HEAD
     "Call-ID: lwsruri\nCSeq: 8 INVITE\nContent-Length: 0\n\n"},
    {"lwsstart", "too many blanks in the start line", 400,
     "INVITE  sip:user@example.com  SIP/2.0\n" HEAD
     "Call-ID: lwsstart\nCSeq: 8 INVITE\nContent-Length: 0\n\n"},
    {"trws", "a blank behind the start line", 400,
     "OPTIONS sip:user@example.com SIP/2.0  \n" HEAD
     "Call-ID: trws\nCSeq: 8 OPTIONS\nContent-Length: 0\n\n"},
    {"escruri", "escaped headers in the Request-URI are not read", 403,
     "INVITE sip:user@example.com?Route=%3Csip:example.com%3E SIP/2.0\n" HEAD
     "Call-ID: escruri\nCSeq: 8 INVITE\nContent-Length: 0\n\n"},
    {"baddate", "a Date in another zone: we do not read it", 403,
     "INVITE sip:user@example.com SIP/2.0\n" HEAD "Call-ID: baddate\nCSeq: 8 INVITE\nDate: Fri, 01 "
     "Jan 2010 16:00:00 EST\nContent-Length: 0\n\n"},
    {"regbadct", "a Contact whose URI lacks its brackets", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD "Call-ID: regbadct\nCSeq: 8 REGISTER\nContact: "
     "sip:user@example.com?Route=%3Csip:sip.example.com%3E\n"
     "l: 0\n\n"},
    {"badaspec", "blanks within <> are taken off", 200,
     "OPTIONS sip:user@example.org SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKkdjuw\n"
     "From: \"Bell, Alexander\" <sip:a.g.bell@example.com>;tag=43\nTo: \"Watson, Thomas\" < "
     "sip:t.watson@example.org >\nCall-ID: badaspec\nCSeq: 8 OPTIONS\nl: 0\n\n"},
    {"baddn", "a display name without quotes that needs them: the URI can be read all the same",
     200,
     "OPTIONS sip:t.watson@example.org SIP/2.0\nVia: SIP/2.0/UDP "
     "192.0.2.3:5070;branch=z9hG4bKkdjuw\n"
     "From: Bell, Alexander <sip:a.g.bell@example.com>;tag=43\nTo: Watson "
     "<sip:t.watson@example.org>\n"
     "Call-ID: baddn\nCSeq: 31 OPTIONS\nl: 0\n\n"},
    {"badvers", "another version of SIP", 505,
     "OPTIONS sip:t.watson@example.org SIP/7.0\n" HEAD
     "Call-ID: badvers\nCSeq: 31 OPTIONS\nl: 0\n\n"},
    {"mismatch01", "the start line and CSeq name two methods", 400,
     "OPTIONS sip:user@example.com SIP/2.0\n" HEAD "Call-ID: mismatch01\nCSeq: 8 INVITE\nl: 0\n\n"},
    {"mismatch02", "the same with a method that nobody knows", 400,
     "NEWMETHOD sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: mismatch02\nCSeq: 8 INVITE\nl: 0\n\n"},
    {"bigcode", "a status over 699", 0,
     "SIP/2.0 4294967301 better not break the receiver\n" HEAD
     "Call-ID: bigcode\nCSeq: 353494 INVITE\nContent-Length: 0\n\n"},
    // 3.2, 3.3, 3.4
    {"badbranch", "a branch with nothing behind its cookie", 200,
     "OPTIONS sip:user@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bK\n"
     "From: <sip:caller@example.net>;tag=1\nTo: <sip:user@example.com>\nCall-ID: badbranch\n"
     "CSeq: 8 OPTIONS\nl: 0\n\n"},
    {"insuf", "no Call-ID, From nor To: no answer is possible", 0,
     "INVITE sip:user@example.com SIP/2.0\nCSeq: 193942 INVITE\nVia: SIP/2.0/UDP "
     "192.0.2.95;branch=z9hG4bKkdj.insuf\nContent-Length: 0\n\n"},
    {"unkscm", "a Request-URI of a scheme that nobody knows", 416,
     "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0\n" HEAD
     "Call-ID: unkscm\nCSeq: 3923423 OPTIONS\nContent-Length: 0\n\n"},
    {"novelsc", "a known scheme that is no SIP", 416,
     "OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0\n" HEAD
     "Call-ID: novelsc\nCSeq: 3923423 OPTIONS\nContent-Length: 0\n\n"},
    {"unksm2", "unknown schemes in From, To and Contact do not matter", 405,
     "REGISTER sip:example.com SIP/2.0\nTo: isbn:2983792873\nFrom: <http://www.example.com>;tag=3\n"
     "Call-ID: unksm2\nCSeq: 234902 REGISTER\nMax-Forwards: 70\nVia: SIP/2.0/UDP "
     "192.0.2.21:5060;branch=z9hG4bKkdjuw\nContact: <name:John_Smith>\nl: 0\n\n"},
    {"bext01", "extensions that nobody knows are required", 420,
     "OPTIONS sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: bext01\nCSeq: 8 OPTIONS\nRequire: nothingSupportsThis, nothingSupportsThisEither\n"
     "Proxy-Require: noProxiesSupportThis\nContent-Length: 0\n\n"},
    {"invut", "an INVITE with a body that is no SDP", 415,
     "INVITE sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: invut\nCSeq: 8 INVITE\nContent-Type: application/unknownformat\nContent-Length: "
     "5\n\n<audi"},
    {"regaut01", "an Authorization of an unknown scheme", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD
     "Call-ID: regaut01\nCSeq: 8 REGISTER\nAuthorization: NoOneKnowsThisScheme opaque-data=here\n"
     "Content-Length: 0\n\n"},
    {"multi01", "headers that may be there once are there twice", 0,
     "INVITE sip:user@company.com SIP/2.0\n" HEAD "Call-ID: multi01.1\nCall-ID: multi01.2\nCSeq: 5 "
     "INVITE\nCSeq: 59 INVITE\nContent-Length: 0\n\n"},
    {"mcl01", "two Content-Lengths that differ", 400,
     "OPTIONS sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: mcl01\nCSeq: 59 OPTIONS\nContent-Length: 13\nContent-Length: 5\n\nThere's no way"},
    {"bcast", "a response with the broadcast address in Via", 0,
     "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.0.2.198;branch=z9hG4bK1324923,SIP/2.0/UDP "
     "255.255.255.255;branch=z9hG4bK1saber23\nCall-ID: bcast\nCSeq: 35 INVITE\nTo: "
     "<sip:user@example.com>;tag=2\nFrom: <sip:c@example.net>;tag=1\nl: 0\n\n"},
    {"zeromf", "Max-Forwards 0 counts for proxies only", 200,
     "OPTIONS sip:user@example.com SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.3:5070;branch=z9hG4bKkdjuw\n"
     "Max-Forwards: 0\nFrom: <sip:c@example.net>;tag=1\nTo: <sip:user@example.com>\nCall-ID: "
     "zeromf\n"
     "CSeq: 39234321 OPTIONS\nContent-Length: 0\n\n"},
    {"cparam01", "a parameter behind a bare Contact", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD "Call-ID: cparam01\nCSeq: 8 REGISTER\nContact: "
     "sip:+19725552222@gw1.example.net;unknownparam\nl: 0\n\n"},
    {"regescrt", "a Route escaped in Contact", 405,
     "REGISTER sip:example.com SIP/2.0\n" HEAD "Call-ID: regescrt\nCSeq: 8 REGISTER\nContact: "
     "<sip:user@example.com?Route=%3Csip:sip.example.com%3E>\n"
     "l: 0\n\n"},
    {"sdp01", "Accept that excludes SDP: refused before it matters", 403,
     "INVITE sip:user@example.com SIP/2.0\n" HEAD
     "Call-ID: sdp01\nCSeq: 8 INVITE\nAccept: text/nobodyKnowsThis\nContent-Length: 0\n\n"},
    {"inv2543", "an INVITE of the first SIP", 403,
     "INVITE sip:UserB@example.com SIP/2.0\nVia: SIP/2.0/UDP iftgw.example.com\nFrom: "
     "<sip:+13035551111@ift.client.example.net;user=phone>\nTo: "
     "sip:+16505552222@ss1.example.net;user=phone\n"
     "Call-ID: inv2543.1717@ift.client.example.com\nCSeq: 56 INVITE\nContent-Type: "
     "application/sdp\n\nv=0\n"},
    // RFC 5118
    {"ipv6-good", "4.1: an IPv6 reference", 405,
     "REGISTER sip:[2001:db8::10] SIP/2.0\nTo: sip:user@example.com\nFrom: "
     "sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\nCall-ID: ipv6-good\nMax-Forwards: "
     "70\n"
     "Contact: \"Caller\" <sip:caller@[2001:db8::1]>\nCSeq: 98176 REGISTER\nContent-Length: 0\n\n"},
    {"ipv6-bad", "4.2: an IPv6 address without brackets in an OPTIONS' Request-URI", 400,
     "OPTIONS sip:2001:db8::10 SIP/2.0\nTo: sip:user@example.com\nFrom: "
     "sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\nCall-ID: ipv6-bad\nMax-Forwards: 70\n"
     "CSeq: 98176 OPTIONS\nContent-Length: 0\n\n"},
    {"port-ambiguous", "4.3: [address:5070]: legal, and another address", 200,
     "OPTIONS sip:[2001:db8::10:5070] SIP/2.0\nTo: sip:user@example.com\nFrom: "
     "sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\nCall-ID: ambiguous\nCSeq: 98176 "
     "OPTIONS\n"
     "Content-Length: 0\n\n"},
    {"port-unambiguous", "4.4: [address]:5070", 200,
     "OPTIONS sip:[2001:db8::10]:5070 SIP/2.0\nTo: sip:user@example.com\nFrom: "
     "sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\nCall-ID: unambiguous\nCSeq: 98176 "
     "OPTIONS\n"
     "Content-Length: 0\n\n"},
    {"via-received-param-with-delim", "4.5: received=[address]", 200,
     "OPTIONS sip:[::1] SIP/2.0\nTo: sip:user@example.com\nFrom: sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111\n"
     "Call-ID: delim\nCSeq: 35 OPTIONS\nContent-Length: 0\n\n"},
    {"via-received-param-no-delim", "4.5: received=address", 200,
     "OPTIONS sip:[::1] SIP/2.0\nTo: sip:user@example.com\nFrom: sip:user@example.com;tag=81x2\n"
     "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111\n"
     "Call-ID: nodelim\nCSeq: 35 OPTIONS\nContent-Length: 0\n\n"},
    {"mult-ip-in-header", "4.8: several kinds of address in one message", 200,
     "OPTIONS sip:user@[2001:db8::10] SIP/2.0\nVia: SIP/2.0/UDP "
     "[2001:db8::9:1]:6050;branch=z9hG4bKas3-111\n"
     "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\n"
     "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\nCall-ID: mult\n"
     "CSeq: 912 OPTIONS\nTo: sip:user@example.com\nFrom: sip:user@example.com;tag=81x2\nl: 0\n\n"},
    {"ipv4-mapped-ipv6", "4.10: an IPv4 address inside an IPv6 one", 200,
     "OPTIONS sip:user@[::ffff:192.0.2.10] SIP/2.0\nVia: SIP/2.0/UDP "
     "[::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\nCall-ID: mapped\nCSeq: 689 OPTIONS\n"
     "To: sip:user@example.com\nFrom: sip:user@example.com;tag=81x2\nl: 0\n\n"},
};

struct TortureTest : Scripted {
  int answer_to(const std::string& wire) {
    net.sent.clear();
    us.agent.on_message(as_bytes(wire), Transport::Udp, kProxy, net.now);
    for (const std::string& message : net.sent) {
      if (message.starts_with("SIP/2.0 100")) continue;
      if (message.starts_with("SIP/2.0 ")) return std::stoi(message.substr(8, 3));
    }
    return 0;
  }
};

TEST_F(TortureTest, EveryMessageGetsItsAnswer) {
  for (const Torture& torture : kTorture) {
    SCOPED_TRACE(fmt::format("{}: {}", torture.name, torture.why));
    EXPECT_EQ(answer_to(on_the_wire(torture.text)), torture.status);
    net.run_for(200s);
    EXPECT_EQ(us.agent.transactions() + us.agent.calls(), 0u);
  }
}

TEST_F(TortureTest, VeryLongValuesAreTakenUpToTheLimits) {  // longreq, 3.1.1.7
  std::string text = "OPTIONS sip:user@example.com SIP/2.0\n" HEAD "Call-ID: longreq.";
  text += std::string(300, 'x') + "\nCSeq: 3882340 OPTIONS\n";
  text += "Unknown-" + std::string(500, 'l') + ": " + std::string(3000, 'v') + "\n";
  for (int i = 0; i < 30; ++i) {
    text += fmt::format("Via: SIP/2.0/TCP sip{}.example.com;branch=z9hG4bK{}\n", i,
                        std::string(150, 'b'));
  }
  EXPECT_EQ(answer_to(on_the_wire(text + "\n")), 200);
  for (int i = 0; i < 300; ++i) text += "X: y\n";
  EXPECT_EQ(answer_to(on_the_wire(text + "\n")), 400);  // too many headers
}

}  // namespace
}  // namespace sipcast::sip
