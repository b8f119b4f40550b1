"""The commands of docs/outputs.md and docs/api.md, as they stand there: every fenced block that begins with ```sh run. Behind it may stand a time
after which a player, which would go on for ever, is stopped."""
import os
import re
import subprocess

from harness import BINARY, ROOT, Server, TestCase, TestPhone, call_fields, eventually, tail
from test_push import RtmpServer


def blocks_of(page):
    return re.findall(r'^```sh run(?: (\d+)s)?\n(.*?)^```$', (ROOT / 'docs' / page).read_text(), re.M | re.S)


class DocsTest(TestCase):
    def test_the_commands_of_api_md_do_what_they_say(self):
        server, phone = Server(self), TestPhone(self)
        ports = {'8081': server.http_port, '5070': phone.port}
        environment = {**os.environ, 'PATH': f'{BINARY.parent}:{os.environ["PATH"]}', 'SIPCASTCTL_URL': server.base}
        said = ''
        for limit, block in blocks_of('api.md'):
            command = re.sub(r'127\.0\.0\.1:(\d+)', lambda match: f'127.0.0.1:{ports[match[1]]}', block)
            with self.subTest(command=command):
                done = subprocess.run(['timeout', limit or '60', 'bash', '-euo', 'pipefail', '-c', command], cwd=self.folder, env=environment, capture_output=True,
                                      text=True, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 124 if limit else 0, tail(done.stdout + done.stderr))
                said += done.stdout
        for expected in ('"first_keyframe":', '"repacketised"', 'data: {"id":', 'call_setup_seconds_bucket', 'INVITE sip:bob@'):
            self.assertIn(expected, said)

    def test_the_commands_of_outputs_md_do_what_they_say(self):
        blocks = blocks_of('outputs.md')
        self.assertGreater(len(blocks), 4)
        server = Server(self, url__allow_private='true', record__dir=self.folder / 'records', record__download='true')
        nginx, phone = RtmpServer(self), TestPhone(self)
        server.startup(**call_fields('room1', 'room1', sipPort=str(phone.port)))
        server.wait_status('room1', 'ESTABLISHED')
        ports = {'8081': server.http_port, '1935': nginx.port}  # those of the page stand for these
        environment = {**os.environ, 'SDL_VIDEODRIVER': 'dummy', 'SDL_AUDIODRIVER': 'dummy'}
        for limit, block in blocks:
            command = re.sub(r'127\.0\.0\.1:(\d+)', lambda match: f'127.0.0.1:{ports[match[1]]}', block)
            with self.subTest(command=command):
                done = subprocess.run(['timeout', limit or '60', 'bash', '-euo', 'pipefail', '-c', command], cwd=self.folder, env=environment, capture_output=True,
                                      text=True, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 124 if limit else 0, tail(done.stdout + done.stderr))
                if limit:
                    self.assertIn('Video: h264', done.stderr, 'the player has found the picture')
            if 'push/startup' in block:
                eventually(lambda: all(p['status'] == 'PUBLISHING' for p in server.rest('/push/find_all').json()), 20, 'published')
        self.assertEqual((self.folder / 'start.mp4').stat().st_size, 1024)
