"""The signalling of the Web SDK, message by message. That the SDK itself is content is seen in test_pbx.py."""
import socket
import time

from harness import Player, Server, TestCase, TestPhone, WebSocket, call_fields, eventually, look
from networks import BadCable

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

    def test_a_session_may_ask_before_the_call_is_answered(self):
        phone = TestPhone(self, '--ring', '2')
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        client = self.connect()
        self.play(client, 'room1')
        self.assertIsNone(self.server.find('call-1')['info'])
        session, answer = client.wait('setRemoteSDP')
        self.assertEqual(session, 'm-1')
        self.assertIn('H264', answer)
        self.server.wait_status('call-1', 'ESTABLISHED')

    def test_one_session_plays_many_streams(self):
        for number in (1, 2):
            phone = TestPhone(self, name=f'phone-{number}')
            self.server.startup(**call_fields(f'call-{number}', f'room{number}', sipPort=str(phone.port)))
            self.server.wait_status(f'call-{number}', 'ESTABLISHED')
        client = self.connect()
        for number in range(10):
            self.play(client, f'room{number % 2 + 1}', session=f'm-{number}')
        self.assertEqual(sorted(client.wait('setRemoteSDP')[0] for _ in range(10)), [f'm-{number}' for number in range(10)])
        self.play(client, 'room1', session='m-0')
        self.assertEqual(self.status(client, 'FAILED')['info'], 'MediaSessionId is already in use')
        self.server.terminate('call-1')
        stopped = sorted(self.status(client, 'STOPPED')['mediaSessionId'] for _ in range(5))
        self.assertEqual(stopped, ['m-0', 'm-2', 'm-4', 'm-6', 'm-8'])
        played = self.server.rest('/stream/find', {'published': False}).json()
        self.assertEqual(sorted(stream['mediaSessionId'] for stream in played), ['m-1', 'm-3', 'm-5', 'm-7', 'm-9'])
        for number in range(64):
            self.play(client, 'room2', session=f'n-{number}')
        self.assertEqual(self.status(client, 'FAILED')['info'], 'This session plays its greatest number of streams')

    def test_the_original_is_played_to_who_asks_for_another_size_and_it_says_so(self):
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        player = Player(self)
        for number, (asked, remarked) in enumerate([({'width': '320', 'height': '240'}, True), ({'bitrate': 500}, True), ({'quality': 100}, True),
                                                    ({'width': 0, 'height': 0, 'bitrate': 0, 'quality': 0}, False)]):
            client = self.connect()
            client.send('playStream', {'mediaSessionId': f'm-{number}', 'name': 'room1', 'mediaProvider': 'WebRTC', 'sdp': player.offer(), **asked})
            player.take(client.wait('setRemoteSDP')[1])
            event = self.status(client, 'PLAYING')
            self.assertEqual(('info' in event and 'The original is played' in event['info'], event['videoCodec']), (remarked, 'H264'), asked)


class SlowTest(TestCase):
    """Peers that are silent, slow, or far away."""
    connect, play, status = WebSocketTest.connect, WebSocketTest.play, WebSocketTest.status

    def test_pings_go_both_ways_and_who_answers_none_is_closed(self):
        self.server = Server(self, keep_alive__server_interval=200, keep_alive__probes=3)
        silent, pinging = self.connect(), self.connect()
        began = time.monotonic()
        while (message := silent.receive()) is not None:
            self.assertEqual(message, {'message': 'ping', 'data': [None]})
            pinging.send('ping', None)
        self.assertLess(time.monotonic() - began, 5)
        self.assertIn('3 pings were not answered', self.server.log())
        pinging.send('ping', None)
        pinging.wait('pong')

    def test_a_slow_reader_is_dropped_with_a_reason_and_nobody_else(self):
        self.server = Server(self)
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        slow, other = self.connect(), self.connect()
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def dropped():
            for number in range(20):
                try:
                    slow.send('snapshot', {'name': 'room1', 'mediaSessionId': f's-{number}'})
                except OSError:
                    break
            return 'it reads too slowly' in self.server.log()
        eventually(dropped, 30, 'the end of a reader that does not read')
        other.send('ping', None)
        other.wait('pong')

    def test_a_network_that_loses_much_is_not_enough_bandwidth(self):
        cable = BadCable(self)
        with cable.server_side():
            self.server = Server(self, ip_local='0.0.0.0', ip=cable.SERVER_IP)
            phone = TestPhone(self)
            self.server.startup(**call_fields(sipPort=str(phone.port)))
            self.server.wait_status('call-1', 'ESTABLISHED')
        with cable.viewer_side():
            client, player = WebSocket(self, self.server.ws_port, host=cable.SERVER_IP), Player(self)
            client.send('connection', CONNECTION)
            client.send('playStream', {'mediaSessionId': 'm-1', 'name': 'room1', 'mediaProvider': 'WebRTC', 'sdp': player.offer()})
            player.take(client.wait('setRemoteSDP')[1])
            self.status(client, 'PLAYING')
            cable.change('ab loss=25')
            eventually(lambda: 'not enough bandwidth' in self.server.log(), 20, 'a viewer without bandwidth')
            cable.change('ab loss=0')
            [event] = client.wait('notifyStreamEvent')
            while event['type'] != 'notEnoughBandwidth':
                [event] = client.wait('notifyStreamEvent')
            sent, carried = map(int, event['payload']['info'].split('/'))
            self.report(sent_bps=sent, carried_bps=carried)
            self.assertLess(carried, sent)
            [rate] = client.wait('outboundVideoRate')
            self.assertGreater(rate['lostPackets'], 0)
