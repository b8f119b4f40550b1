"""The examples of the docs, as they stand there. A fenced block that begins with ```sh run is run by a shell; behind it may stand a time after which a player,
which would go on for ever, is stopped. ```html run is opened in a browser and must play; the blocks ```ws run of a page are one WebSocket session."""
import json
import os
import re
import subprocess

from harness import BINARY, ROOT, Player, Server, TestCase, TestPhone, WebSocket, call_fields, eventually, look, tail
from test_push import RtmpServer

ANY = '…'


def blocks_of(page, kind):
    return re.findall(rf'^```{kind} run(?: (\d+)s)?\n(.*?)^```$', (ROOT / 'docs' / page).read_text(), re.M | re.S)


def differences(wanted, got, where=''):
    """Where `got` is not what a page shows: it may have more fields."""
    if wanted == ANY:
        return []
    if isinstance(wanted, dict) and isinstance(got, dict):
        return [d for key, value in wanted.items() for d in (differences(value, got[key], f'{where}.{key}') if key in got else [f'{where}.{key} is missing'])]
    if isinstance(wanted, list) and isinstance(got, list) and len(wanted) == len(got):
        return [d for i, value in enumerate(wanted) for d in differences(value, got[i], f'{where}[{i}]')]
    return [] if wanted == got and type(wanted) is type(got) else [f'{where}: {got!r} instead of {wanted!r}']


class DocsTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self, url__allow_private='true', record__dir=self.folder / 'records', record__download='true', keep_alive__server_interval=500)
        self.phone = TestPhone(self, '--audio', 'opus')
        self.ports = {'8081': self.server.http_port, '8080': self.server.ws_port}  # those of the pages stand for these
        self.server.startup(**call_fields('room1', 'room1', sipPort=str(self.phone.port)))
        self.server.wait_status('room1', 'ESTABLISHED')

    def localized(self, text):
        text = re.sub(r'127\.0\.0\.1:(\d+)', lambda match: f'127.0.0.1:{self.ports[match[1]]}', text)
        return re.sub(r'("sipPort": ?)"5060"', rf'\1"{self.phone.port}"', text)

    def run_commands(self, page, at_least, after=lambda block: None):
        blocks = blocks_of(page, 'sh')
        self.assertGreaterEqual(len(blocks), at_least)
        environment = {**os.environ, 'SDL_VIDEODRIVER': 'dummy', 'SDL_AUDIODRIVER': 'dummy', 'PATH': f'{BINARY.parent}:{os.environ["PATH"]}', 'SIPCASTCTL_URL': self.server.base}
        said = ''
        for limit, block in blocks:
            command = self.localized(block)
            with self.subTest(command=command):
                done = subprocess.run(['timeout', limit or '60', 'bash', '-euo', 'pipefail', '-c', command], cwd=self.folder, env=environment, capture_output=True,
                                      text=True, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 124 if limit else 0, tail(done.stdout + done.stderr))
                said += done.stdout + (done.stderr if limit else '')
            after(block)
        return said

    def test_the_commands_of_outputs_md_do_what_they_say(self):
        self.ports['1935'] = RtmpServer(self).port

        def published(block):
            if 'push/startup' in block:
                eventually(lambda: all(p['status'] == 'PUBLISHING' for p in self.server.rest('/push/find_all').json()), 20, 'published')
        self.assertIn('Video: h264', self.run_commands('outputs.md', 5, published), 'the player has found the picture')
        self.assertEqual((self.folder / 'start.mp4').stat().st_size, 1024)

    def test_the_commands_of_api_md_do_what_they_say(self):
        self.ports['5070'] = self.phone.port
        self.server.terminate('room1')  # the page places its own
        said = self.run_commands('api.md', 5)
        for expected in ('"first_keyframe":', '"repacketised"', 'data: {"id":', 'call_setup_seconds_bucket', 'INVITE sip:bob@'):
            self.assertIn(expected, said)

    def test_the_commands_of_rest_md_and_migrate_from_wcs_md_do_what_they_say(self):
        self.run_commands('rest.md', 5)
        self.assertEqual((self.folder / 'picture.png').read_bytes()[:4], b'\x89PNG')
        self.server.wait_status('12345678910', None)
        self.run_commands('migrate-from-wcs.md', 1)

    def test_the_page_of_websocket_md_plays(self):
        [(_, page)] = blocks_of('websocket.md', 'html')
        path = self.folder / 'example.html'
        path.write_text(self.localized(page))
        seen = look(self, 'page', path.as_uri(), '--until', '#status=PLAYING', '--secs', 2)
        self.assertGreater(seen['watch']['n'], 15)

    def test_the_messages_of_websocket_md_are_answered_as_it_says(self):
        client, player = WebSocket(self, self.server.ws_port), Player(self)
        lines = [line for _, block in blocks_of('websocket.md', 'ws') for line in block.splitlines()]
        self.assertGreater(len(lines), 25)
        others = {'ping', 'outboundVideoRate'}  # what comes by the clock
        for direction, text in (line.split(' ', 1) for line in lines):
            if direction == '>':
                message = json.loads(text)
                if message['data'][0] and message['data'][0].get('sdp') == 'OFFER':
                    message['data'][0]['sdp'] = player.offer()
                client.send(message['message'], *message['data'])
                continue
            wanted = json.loads(text)
            while (got := client.receive(15))['message'] != wanted['message'] and got['message'] in others:
                pass
            self.assertEqual(differences(wanted, got), [], text)
            if got['message'] == 'setRemoteSDP':
                player.take(got['data'][1])
