"""Calls that change on their way, with foreign peers: session timers, early media, hold, redirects, digits, limits."""
import socket
import time

from harness import Baresip, Process, Server, Sipp, TestCase, call_fields, eventually, fixtures, free_ports


class DialogTest(TestCase):
    def call(self, port, **more):
        self.server.startup(**call_fields(sipPort=str(port), **more))

    def cause(self, pattern):
        self.assertRegex(self.server.call_log('call-1'), pattern)

    def live(self):
        streams = self.server.rest('/stream/find', {'name': 'room1'})
        return streams.status == 200 and streams.json()[0]['status'] == 'PUBLISHING'


class SessionTimerTest(DialogTest):
    def setUp(self):
        super().setUp()
        self.server = Server(self, sip__session_expires='4', sip__min_se='2')

    def test_we_refresh(self):
        peer = Sipp(self, 'uas-timer-uac.xml')
        self.call(peer.port)
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.process.wait_line(r'(?s)> UPDATE.*> UPDATE', 15)
        self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
        self.server.terminate('call-1')
        self.assertEqual(peer.wait_end(), 0, peer.log()[-2000:])

    def test_the_phone_refreshes_and_then_is_gone(self):
        peer = Sipp(self, 'uas-timer-uas.xml')
        self.call(peer.port)
        self.server.wait_status('call-1', 'FAILED', timeout=15)
        self.cause(r'session timer ran out: the phone did not refresh')
        self.assertEqual(peer.wait_end(), 0, peer.log()[-2000:])


class EarlyAndLateTest(DialogTest):
    def test_reliable_early_media_are_live_before_the_answer(self):
        self.server = Server(self)
        peer = Sipp(self, 'uas-prack.xml')
        self.call(peer.port, hasVideo='false')
        self.server.wait_status('call-1', 'RING_MEDIA')
        eventually(self.live, what='the stream live before the answer')
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.assertTrue(self.live())
        self.server.terminate('call-1')
        self.assertEqual(peer.wait_end(), 0, peer.log()[-2000:])

    def test_a_redirect_is_followed_when_the_option_says_so(self):
        self.server = Server(self, sip__max_redirects='1')
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav')
        first = Sipp(self, 'uas-refuse.xml', [('486 Busy Here', '302 Moved Temporarily'),
                                              ('sip:sipp@[local_ip]:[local_port]', f'sip:bob@127.0.0.1:{phone.port}')])
        self.call(first.port, sipOutboundProxy='', hasVideo='false')
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.assertEqual(first.wait_end(), 0)

    def test_a_488_names_the_codecs(self):
        self.server = Server(self)
        peer = Sipp(self, 'uas-refuse.xml', [('486 Busy Here', '488 Not Acceptable Here')])
        self.call(peer.port)
        self.assertEqual(self.server.wait_status('call-1', 'FAILED')['sipStatus'], 488)
        self.cause(r'488 Not Acceptable Here; we offered audio: opus.*H264.*does not say what it has')


class HoldTest(DialogTest):
    def test_either_side_holds_and_the_picture_comes_back_at_once(self):
        self.server = Server(self, call__rtp_timeout='2')
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        self.call(phone.port)
        self.server.wait_status('call-1', 'ESTABLISHED')
        eventually(self.live, what='the stream is live')

        def stream():
            return self.server.rest('/stream/find', {'name': 'room1'}).json()[0]['metrics']
        ours = (lambda: self.server.rest('/call/hold', {'callId': 'call-1'}), lambda: self.server.rest('/call/unhold', {'callId': 'call-1'}))
        theirs = (lambda: phone.command('hold'), lambda: phone.command('resume'))
        for (hold, resume), seconds in [(ours, 2.5), (ours, 0), (theirs, 0.1), (theirs, 2.5)]:  # 2.5 is longer than the time-out, which does not count here
            hold()
            self.server.wait_status('call-1', 'HOLD')
            time.sleep(seconds)
            self.assertEqual(self.server.status('call-1'), 'HOLD')
            resume()
            self.server.wait_status('call-1', 'ESTABLISHED')
            before = stream()
            eventually(lambda: stream()['VIDEO_K_FRAMES'] > before['VIDEO_K_FRAMES'], what='a keyframe after the hold')
            self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
        self.assertEqual(self.server.rest('/call/hold', {'callId': 'nobody'}).status, 404)
        self.server.terminate('call-1')


class DtmfTest(DialogTest):
    def test_digits_go_both_ways(self):
        self.server = Server(self)
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav')
        self.call(phone.port, hasVideo='false')

        def send(digits, kind):
            answer = self.server.rest('/call/send_dtmf', {'callId': 'call-1', 'dtmf': digits, 'type': kind})
            self.assertEqual(answer.status, 200, answer)
        send('12', 'RFC2833')  # before the answer: they wait for it
        self.server.wait_status('call-1', 'ESTABLISHED')

        def heard():
            return [event['param'] for event in phone.events if event.get('type') == 'CALL_DTMF_START']
        eventually(lambda: heard() == ['1', '2'], what=f'1 and 2 at the phone, which heard {heard()}')
        send('#4', 'INFO_RELAY')
        eventually(lambda: heard() == ['1', '2', '#', '4'], what=f'# and 4 by INFO at the phone, which heard {heard()}')
        phone.command('sndcode 5')
        self.server.process.wait_line(r'the phone sends DTMF 5 by RFC 4733')
        answer = self.server.rest('/call/send_dtmf', {'callId': 'call-1', 'dtmf': '1x'})
        self.assertEqual(answer.status, 400)
        self.assertIn('dtmf:', answer.json()['message'])
        self.server.terminate('call-1')


class IncomingTest(DialogTest):
    def test_a_phone_calls_in_and_is_a_stream(self):
        self.server = Server(self, sip__incoming='from=127.0.0.1 callee=cam* stream=in-{callee}; callee=* busy')
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        phone.command(f'dial sip:cam1@127.0.0.1:{self.server.sip_port}')

        def established():
            calls = self.server.rest('/call/find', {'status': 'ESTABLISHED'})
            return calls.status == 200 and calls.json()[0]
        call = eventually(established, what='an established call')
        self.assertEqual((call['incoming'], call['caller'], call['callee']), (True, 'bob', 'cam1'))

        def frames():
            streams = self.server.rest('/stream/find', {'name': 'in-cam1'})
            return streams.status == 200 and streams.json()[0]['metrics']['frames'] > 5
        eventually(frames, what='its picture')
        self.server.terminate(call['callId'])
        phone.wait_event('CALL_CLOSED')
        phone.events.clear()
        phone.command(f'dial sip:other@127.0.0.1:{self.server.sip_port}')
        self.assertIn('486', phone.wait_event('CALL_CLOSED')['param'])

    def test_strangers_are_refused_and_floods_are_dropped(self):
        self.server = Server(self, sip__stranger_rate='5')

        def ask(method, number, agent='x'):
            return (f'{method} sip:100@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{method}{number}\r\nMax-Forwards: 5\r\n'
                    f'From: <sip:x@y>;tag=1\r\nTo: <sip:100@y>\r\nCall-ID: {method}{number}\r\nCSeq: 1 {method}\r\nUser-Agent: {agent}\r\n'
                    'Content-Length: 0\r\n\r\n').encode()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.settimeout(2)
            stranger.connect(('127.0.0.1', self.server.sip_port))
            stranger.send(ask('INVITE', 1))
            self.assertTrue(stranger.recv(2000).startswith(b'SIP/2.0 403'))
            stranger.send(ask('OPTIONS', 1, 'friendly-scanner'))
            for number in range(200):
                stranger.send(ask('OPTIONS', number + 2))
            self.server.process.wait_line('SIP requests of strangers are dropped')
            answered = set()
            stranger.settimeout(0.3)
            try:
                while True:
                    reply = stranger.recv(2000)
                    if b'OPTIONS' in reply:
                        answered.add(reply.split(b'Call-ID: ')[1].split(b'\r')[0])
            except TimeoutError:
                pass
            self.assertNotIn(b'OPTIONS1', answered, 'the scanner')
            self.assertLess(len(answered), 100)
            self.assertGreater(len(answered), 0)


    def test_a_caller_that_wants_to_see_something_sees_black(self):
        """FFmpeg is the screen of a SIPp that calls us."""
        self.server = Server(self, sip__incoming='stream=in', sip__video_slate='true')
        port = free_ports(4, even=True)
        description = self.folder / 'screen.sdp'
        description.write_text(f'v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} RTP/AVP 99\na=rtpmap:99 H264/90000\na=fmtp:99 packetization-mode=1\n')
        seen = self.folder / 'seen.gray'
        screen = Process(self, 'screen', ['ffmpeg', '-v', 'warning', '-protocol_whitelist', 'file,udp,rtp', '-i', description, '-frames:v', '2', '-vf', 'scale=32:18',
                                          '-pix_fmt', 'gray', '-f', 'rawvideo', '-y', seen])
        Sipp(self, 'uac-av.xml', options=['-s', 'room', '-d', '20000', '-key', 'aport', str(port + 2), '-key', 'vport', str(port), f'127.0.0.1:{self.server.sip_port}'])
        self.assertEqual(screen.wait_end(20), 0, screen.log())
        picture = seen.read_bytes()
        self.assertEqual(len(picture), 2 * 32 * 18)
        self.assertLess(max(picture), 8, 'black in full range')


class LimitsTest(DialogTest):
    def ends(self, pattern, status, **options):
        self.server = Server(self, **options)
        peer = Sipp(self, 'uas-silent.xml')
        self.call(peer.port)
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.wait_status('call-1', status)
        self.cause(pattern)
        self.assertEqual(peer.wait_end(), 0, 'our BYE')

    def test_a_call_without_rtp_ends(self):
        self.ends(r'no RTP came from the phone for 1 s', 'FAILED', call__rtp_timeout='1')

    def test_a_call_that_is_too_long_ends(self):
        self.ends(r'the call lasted 1 s', 'FINISH', call__max_duration='1')

    def test_a_call_that_nobody_watches_ends(self):
        self.ends(r'nobody watched the stream for 1 s', 'FINISH', call__unwatched='1')
