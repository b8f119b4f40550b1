"""What strangers send to break it: clear errors, bounded memory, and a call with a viewer that runs throughout and loses nothing."""
import contextlib
import json
import os
import pathlib
import re
import resource
import socket
import threading
import time

from harness import Browser, Server, TestCase, TestPhone, WebSocket, call_fields, eventually, http
from media_files import barcode
from test_websocket import CONNECTION

JSON = {'Content-Type': 'application/json'}
CONNECTIONS = 2000  # each kind


def raw(port, data=b'', timeout=20):
    peer = socket.create_connection(('127.0.0.1', port), 5)
    peer.settimeout(timeout)
    peer.sendall(data)
    return peer


def reply_of(peer):
    """All that comes until the other side closes."""
    got = b''
    with contextlib.suppress(ConnectionResetError):
        while data := peer.recv(65536):
            got += data
    return got


class HostileTest(TestCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.server = Server(self, record__dir=self.folder / 'records', log__level='info')
        self.phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(self.phone.port), record='true'))
        self.server.wait_status('call-1', 'ESTABLISHED')

    def memory_mb(self):
        status = pathlib.Path(f'/proc/{self.server.process.popen.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+)', status)[1]) / 1024

    def test_bodies_that_nobody_should_send(self):
        url = self.server.base + '/rest-api/call/startup'
        before = self.memory_mb()
        cases = [(b'{"callee":"' + b'a' * (1 << 20) + b'"}', 413, b'too large'), (b'[' * 10_000, 400, b'JSON'), (b'{"a":' * 10_000, 400, b'JSON'),
                 (b'{"callee":"\xff\xfe"}', 400, b'JSON'), (b'{"callee":"\xed\xa0\x80"}', 400, b'JSON'), (b'{"callId":"a","callId":"b"}', 400, b'callId: is there twice'),
                 (b'{"callee":"\\ud800"}', 400, b'JSON'), (b'{"callee":"a"}{}', 400, b'JSON'), (b'\0' * 1000, 400, b'JSON'), (b'{"sipPort":1e400}', 400, b''),
                 (b'{"sipPort":99999999999999999999999}', 400, b'')]
        for body, status, words in cases * 20:
            try:
                answer = http('POST', url, body, JSON)
            except OSError as error:  # it need not read what is too large to the end
                self.assertEqual(status, 413, error)
                continue
            self.assertEqual(answer.status, status, f'{body[:40]!r}: {answer}')
            self.assertIn(words, answer.body, body[:40])
        self.assertEqual([call['callId'] for call in self.server.rest('/call/find_all').json()], ['call-1'])
        self.report(memory_mb=f'{before:.0f} -> {self.memory_mb():.0f}')
        self.assertLess(self.memory_mb() - before, 40)

    def test_frames_that_nobody_should_send(self):
        def client():
            peer = WebSocket(self, self.server.ws_port)
            peer.send('connection', CONNECTION)
            peer.wait('getUserData')
            return peer

        def ends(peer):
            while peer.receive(5) is not None:
                pass
        peer = client()
        peer.send_frame(8, b'\x03\xe8')
        with contextlib.suppress(OSError):  # after its own close
            for _ in range(100):
                peer.send('playStream', {'mediaSessionId': 'm', 'name': 'room1', 'mediaProvider': 'WebRTC', 'sdp': 'x'})
        ends(peer)
        for frame in (b'\x81\x05hello', b'\x83\x80\0\0\0\0', b'\xf1\x80\0\0\0\0', b'\x81\xff\x7f' + b'\xff' * 7 + b'\0\0\0\0', b'\x09\xfe\x10\0\0\0\0\0',
                      b'\x81\x82\0\0\0\0\xff\xfe'):  # not masked; opcode 3; RSV bits; 2^63 bytes; a ping of 4 KiB in pieces; no UTF-8
            peer = client()
            peer.socket.sendall(frame)
            ends(peer)
        peer = client()
        with contextlib.suppress(OSError):
            peer.send_frame(1, b'a' * (1 << 20))
            ends(peer)
        peer = client()
        for text in ('{"message":"playStream","data":[{"mediaSessionId":"' + 'a' * 100_000 + '"}]}', '[' * 10_000, '{"message":"connection","data":' + '[' * 10_000,
                     '{"message":"ping","message":"pong","data":[null]}', '{"message":"stopStream","data":[{"mediaSessionId":{}}]}'):
            peer.send_frame(1, text.encode())
        peer.send('ping', None)
        peer.wait('pong')
        eventually(lambda: len(self.server.rest('/connection/find_all').json()) == 1, 10, 'only the last session is left')

    def test_thousands_of_idle_connections_end_while_a_viewer_loses_nothing(self):
        before, kinds = self.memory_mb(), {}
        viewer, seen = Browser(self, self.server.base, secs=12), []
        watching = threading.Thread(target=lambda: seen.extend(viewer.look([{'id': 'v', 'url': f'{self.server.base}/whep/room1', 'video': True}], timeout=90)))
        watching.start()
        began = time.monotonic()
        upgrade = (b'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'
                   b'Sec-WebSocket-Version: 13\r\n\r\n')
        kinds['idle'] = [raw(self.server.http_port) for _ in range(CONNECTIONS)]
        kinds['half-open WebSockets'] = [raw(self.server.ws_port, upgrade) for _ in range(CONNECTIONS)]
        slow = [raw(self.server.http_port, b'POST /rest-api/call/find HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n') for _ in range(100)]
        slow += [raw(self.server.http_port, b'GET / HTTP/1.1\r\nHo') for _ in range(100)]
        kinds['slowloris'] = slow
        opened = time.monotonic() - began
        most = self.memory_mb()
        while time.monotonic() - began < 9:  # a byte now and then does not help them
            for peer in slow:
                with contextlib.suppress(OSError):
                    peer.send(b'a')
            asked = time.monotonic()
            self.assertEqual(self.server.rest('/call/find', {'callId': 'call-1'}).status, 200)
            self.assertLess(time.monotonic() - asked, 2, 'others are served')
            most = max(most, self.memory_mb())
            time.sleep(0.3)
        ends = {kind: [reply_of(peer) for peer in peers] for kind, peers in kinds.items()}
        took = time.monotonic() - began
        self.assertEqual(sum(b'408' in end for end in ends['slowloris']), len(slow), ends['slowloris'][:3])
        self.assertEqual(sum(b'no connection message came' in end for end in ends['half-open WebSockets']), CONNECTIONS)
        self.assertLess(took, 30)
        watching.join()
        for peer in (peer for peers in kinds.values() for peer in peers):
            peer.close()
        self.report(connections=sum(map(len, kinds.values())), opened_in_s=round(opened, 1), closed_after_s=round(took, 1),
                    memory_mb=f'{before:.0f}, at most {most:.0f}', viewer=seen)
        self.assertLess(most - before, 250)

        metrics = self.server.rest('/stream/find', {'name': 'room1'}).json()[0]['metrics']
        self.assertEqual((metrics['VIDEO_LOST'], metrics['framesDroppedDamaged']), (0, 0))
        self.server.terminate('call-1')
        [name] = eventually(lambda: [f for f in os.listdir(self.folder / 'records') if f.endswith('.mp4')], 10, 'the recording')
        recorded = barcode(self.folder / 'records' / name)
        self.report(recorded=recorded)
        manifest = eventually(lambda: (m := self.folder / 'records' / f'{name}.json').exists() and json.loads(m.read_text()), 5, 'the manifest')
        self.assertEqual((manifest['framesDropped'], recorded['unreadable']), (0, 0))
        self.assertLess(recorded['gaps'], 5, 'a phone that is short of CPU leaves out a picture now and then')
        self.assertGreater(recorded['frames'], 200)
        self.assertGreater(seen[0]['frames'], 100)
