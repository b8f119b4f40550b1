"""Viewers over TCP (RFC 6544): where the network lets no UDP through, on request, and over a line that is too slow."""
import socket
import struct
import time

from harness import Server, TestCase, TestPhone, WebSocket, call_fields, eventually, http, look
from networks import BadCable
from test_whep import OFFER


class IceTcpTest(TestCase):
    def start(self, *phone_options, **options):
        self.server = Server(self, **options)
        self.phone = TestPhone(self, *phone_options)
        self.server.startup(**call_fields(sipPort=str(self.phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')

    def watch_behind(self, cable, *phone_options, query='', secs=4):
        with cable.server_side():
            self.start(*phone_options, ip_local='0.0.0.0', ip=cable.SERVER_IP)
        with cable.viewer_side():
            return look(self, 'whep', f'http://{cable.SERVER_IP}:{self.server.http_port}/whep/room1{query}', '--secs', secs)

    def test_a_network_without_udp_is_crossed_by_tcp(self):
        no_udp = 'only=udp block=1'
        seen = self.watch_behind(BadCable(self, f'{no_udp}', f'{no_udp}'))
        self.report(pair=seen['stats']['pair'], frames=seen['watch']['n'])
        self.assertEqual(seen['stats']['pair']['remote'], 'tcp host')
        self.assertGreater(seen['watch']['n'], 60)
        self.assertEqual(seen['watch']['unreadable'], 0)
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)
        self.assertIn('/tcp', self.server.log())

    def test_a_line_that_is_too_slow_loses_pictures_up_to_keyframes(self):
        cable = BadCable(self, 'rate=130 queue=400 delay=10', 'delay=10')
        seen = self.watch_behind(cable, query='?transport=tcp', secs=12)
        self.report(frames=seen['watch']['n'], unreadable=seen['watch']['unreadable'])
        self.assertGreater(seen['watch']['n'], 5, 'it still sees something')
        self.assertIn('too slow: no video until a keyframe', self.server.log())

    def test_who_asks_for_tcp_is_offered_nothing_else(self):
        self.start()
        answer = http('POST', f'{self.server.base}/whep/room1?transport=tcp', OFFER.replace('{codec}', 'H264').encode(), {'Content-Type': 'application/sdp'})
        self.assertEqual(answer.status, 201, answer)
        candidates = [line for line in answer.body.decode().splitlines() if 'candidate:' in line]
        self.assertEqual(len(candidates), 1)
        self.assertRegex(candidates[0], rf'tcp \d+ 127\.0\.0\.1 {self.server.webrtc_port} typ host tcptype passive')
        self.assertEqual(http('POST', f'{self.server.base}/whep/room1?transport=sctp', b'', {'Content-Type': 'application/sdp'}).status, 400)
        seen = look(self, 'whep', f'{self.server.base}/whep/room1?transport=tcp', '--secs', '2', '--leave', '4')
        self.assertGreater(seen['watch']['n'], 20)
        eventually(lambda: self.server.rest('/stream/find', {'name': 'room1'}).json()[0]['viewers'] == 0, 5, 'a closed tab is noticed')
        # As the SDK asks for it.
        client = WebSocket(self, self.server.ws_port)
        client.send('connection', {'appKey': 'defaultApp', 'mediaProviders': ['WebRTC']})
        client.send('playStream', {'mediaSessionId': 'm', 'name': 'room1', 'mediaProvider': 'WebRTC', 'transport': 'TCP', 'sdp': OFFER.replace('{codec}', 'H264')})
        _, answer = client.wait('setRemoteSDP')
        self.assertNotIn(' udp ', answer)
        self.assertIn('tcptype passive', answer)

    def test_it_can_be_turned_off(self):
        self.start(webrtc__tcp='false')
        answer = http('POST', f'{self.server.base}/whep/room1', OFFER.replace('{codec}', 'H264').encode(), {'Content-Type': 'application/sdp'})
        self.assertNotIn('tcptype', answer.body.decode())
        refused = http('POST', f'{self.server.base}/whep/room1?transport=tcp', OFFER.replace('{codec}', 'H264').encode(), {'Content-Type': 'application/sdp'})
        self.assertEqual(refused.status, 400)
        self.assertIn('webrtc.tcp', refused.json()['detail'])
        with socket.socket() as probe:
            self.assertNotEqual(probe.connect_ex(('127.0.0.1', self.server.webrtc_port)), 0)

    def test_strangers_are_cut_off(self):
        self.start()
        address = ('127.0.0.1', self.server.webrtc_port)
        with socket.create_connection(address, 5) as browser, socket.create_connection(address, 5) as silent:
            browser.sendall(b'GET / HTTP/1.1\r\n\r\n')
            self.assertEqual(browser.recv(100), b'', 'what is no frame ends the connection')
            silent.sendall(struct.pack('>H', 100) + b'\0\1')
            silent.settimeout(20)
            started = time.monotonic()
            self.assertEqual(silent.recv(100), b'')
            self.assertLess(time.monotonic() - started, 15)
