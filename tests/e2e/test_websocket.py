"""The signalling of the Web SDK, message by message. That the SDK itself is content is seen in test_pbx.py."""
from harness import Server, TestCase, TestPhone, WebSocket, call_fields, look

CONNECTION = {'appKey': 'defaultApp', 'mediaProviders': ['WebRTC', 'MSE'], 'clientVersion': '2.0', 'sipLogin': 'eve', 'sipPassword': 'never-echo-this', 'custom': {'a': 1}}
OFFER = '\r\n'.join(['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd',
                     'a=ice-pwd:abcdefghijklmnopqrstuvwx', 'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass', 'a=mid:0', 'a=recvonly', 'a=rtcp-mux',
                     'a=rtpmap:96 {codec}/90000', ''])


class WebSocketTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self)

    def connect(self):
        client = WebSocket(self, self.server.ws_port)
        client.send('connection', CONNECTION)
        [self.user] = client.wait('getUserData')
        return client

    def play(self, client, name, codec='H264', session='m-1'):
        client.send('playStream', {'mediaSessionId': session, 'name': name, 'published': False, 'hasVideo': True, 'hasAudio': True, 'status': 'PENDING',
                                   'mediaProvider': 'WebRTC', 'sdp': OFFER.replace('{codec}', codec)})

    def status(self, client, *wanted, timeout=10):
        while True:
            [event] = client.wait('notifyStreamStatusEvent', timeout)
            if event['status'] in wanted:
                return event

    def test_connection_is_answered_without_the_password(self):
        self.connect()
        self.assertTrue(self.user['authToken'])
        self.assertEqual((self.user['status'], self.user['sipLogin'], self.user['appKey']), ('ESTABLISHED', 'eve', 'defaultApp'))
        self.assertNotIn('never-echo-this', str(self.user))
        self.assertNotIn('never-echo-this', self.server.log())

    def test_a_stream_that_is_not_there_is_failed(self):
        client = self.connect()
        self.play(client, 'nobody')
        event = self.status(client, 'FAILED', timeout=40)
        self.assertEqual((event['mediaSessionId'], event['name'], event['info']), ('m-1', 'nobody', 'Stream not found'))

    def test_a_viewer_without_a_common_codec_is_failed_with_the_reason(self):
        phone = TestPhone(self, '--video', 'h264', '--audio', 'none')
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        client = self.connect()
        self.play(client, 'room1', codec='VP9')
        self.assertTrue(self.status(client, 'FAILED')['info'].startswith('No common codecs'))

    def test_the_end_of_the_call_is_stopped_for_its_viewers(self):
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        client = self.connect()
        self.play(client, 'room1')
        session, answer = client.wait('setRemoteSDP')
        self.assertEqual(session, 'm-1')
        for line in ('a=ice-lite', 'a=setup:passive', 'a=rtcp-mux', 'a=sendonly', f'127.0.0.1 {self.server.webrtc_port} typ host'):
            self.assertIn(line, answer)
        self.server.terminate('call-1')
        self.assertEqual(self.status(client, 'STOPPED', 'FAILED')['status'], 'STOPPED')

    def test_nonsense_ends_nothing(self):
        client = self.connect()
        for text in ('', '{', 'null', '[]', '{"message":5}', '{"message":"playStream","data":null}', '{"message":"playStream","data":[{}]}', '{"message":"noSuch","data":[null]}',
                     '{"message":"stopStream","data":[{"mediaSessionId":"nobody"}]}', '[' * 5000, '{"message":"pong"}'):
            client.send_frame(1, text.encode())
        client.send('ping', None)
        other = self.connect()
        self.play(other, 'nobody', session='m-2')
        self.status(other, 'FAILED', timeout=40)

    def test_the_sdk_plays_over_wss(self):
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        page = f'https://127.0.0.1:{self.server.https_port}/client2/examples/demo/streaming/player/player.html'
        seen = look(self, 'page', page, '--fill', f'#url=wss://127.0.0.1:{self.server.wss_port}', '--fill', '#streamName=room1', '--click', '#playBtn',
                    '--until', '#status=PLAYING', '--secs', '2', '--text', '#status')
        self.assertGreater(seen['watch']['n'], 20)

    def test_a_viewer_may_come_before_the_call_is_answered(self):
        phone = TestPhone(self, '--ring', '3')
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        seen = look(self, 'whep', f'{self.server.base}/whep/room1', '--secs', '2')
        self.assertGreater(seen['watch']['n'], 20)
