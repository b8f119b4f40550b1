"""HLS and LL-HLS: hls.js in Chromium and ffmpeg as players, nginx in front, many players at once."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from harness import (LAB, ROOT, Certificates, Process, Server, TestCase, TestPhone, call_fields, eventually, free_ports, http, look, tail)
from media_files import assert_clean, barcode, run, streams


class HlsBrowser(Process):
    """Players of HLS in one headless Chromium (lab/browser/hls.mjs)."""

    def __init__(self, test, origin):
        super().__init__(test, 'browser', ['node', LAB / 'browser/hls.mjs', origin], stdin=subprocess.PIPE)
        self.answers = 0
        test.addCleanup(self.popen.stdin.close)
        self.wait_line('^"ready"', 40)

    def ask(self, timeout=45, **order):
        self.popen.stdin.write(json.dumps(order).encode() + b'\n')
        self.popen.stdin.flush()
        self.answers += 1

        def lines():
            found = re.findall(r'^\{.*\}$', self.log(), re.M)
            return len(found) >= self.answers and found
        answer = json.loads(eventually(lines, timeout, f'answer of the browser to {order}')[self.answers - 1])
        assert 'error' not in answer, f'{order}: {answer}\n{tail(self.log())}'
        return answer


class Hls(TestCase):
    def call(self, *phone_options, call_id='call-1', stream='room1', **fields):
        phone = TestPhone(self, '--timecode', 'clock-ms', *phone_options, name=f'phone-{call_id}')
        self.server.startup(**call_fields(call_id, stream, sipPort=str(phone.port), **fields))
        self.server.wait_status(call_id, 'ESTABLISHED')
        return phone

    def url(self, stream='room1'):
        return f'{self.server.base}/hls/{stream}/index.m3u8'

    def playlist(self, query='', stream='room1'):
        answer = http('GET', self.url(stream) + query, timeout=30)
        self.assertEqual(answer.status, 200, answer)
        return answer.body.decode()


class HlsTest(Hls):
    def setUp(self):
        super().setUp()
        self.server = Server(self, hls__linger='8s')

    def test_hls_js_is_near_and_survives_another_format_hold_and_the_end(self):
        self.call('--resize', '480x270@22')
        browser = HlsBrowser(self, self.server.base)
        browser.ask(open='low', url=self.url(), how='low')
        browser.ask(open='plain', url=self.url(), how='plain')
        time.sleep(6)  # hls.js catches up by playing faster
        low, plain = browser.ask(read='low', ms=3000), browser.ask(read='plain', ms=2000)
        self.report(low_ms=low['behindMs'], plain_ms=plain['behindMs'])
        self.assertLessEqual(low['behindMs'], 2500)
        self.assertLessEqual(plain['behindMs'], 3 * 1000 * max(plain['target'], 2))
        for seen in (low, plain):
            self.assertGreater(seen['frames'], 20)
            self.assertEqual((seen['unreadable'], seen['fatal']), (0, []))
            self.assertLessEqual(seen['back'], 1)  # the timecode begins anew each minute
        eventually(lambda: all(browser.ask(read=name, ms=100)['size'] == '480x270' for name in ('low', 'plain')), 40, 'the new size')
        # On hold there is silence, and the last keyframe again and again.
        self.assertEqual(self.server.rest('/call/hold', {'callId': 'call-1'}).status, 200)
        time.sleep(4)
        self.assertEqual(self.server.rest('/call/unhold', {'callId': 'call-1'}).status, 200)
        time.sleep(6)
        for name in ('low', 'plain'):
            seen = browser.ask(read=name, ms=2000)
            self.report(after_hold=name, behind_ms=seen['behindMs'], others=seen['others'])
            self.assertGreater(seen['frames'], 15, seen)
            self.assertEqual(seen['fatal'], [])
        self.assertAlmostEqual(browser.ask(tone='plain')['hz'], 440, delta=12)  # it stands still afterwards
        self.server.terminate('call-1')
        eventually(lambda: '#EXT-X-ENDLIST' in self.playlist(), 5, 'the end of the list')
        eventually(lambda: browser.ask(read='low', ms=300)['ended'], 12, 'the end of the video')
        self.assertEqual(browser.ask(read='low', ms=100)['fatal'], [])
        eventually(lambda: http('GET', self.url()).status == 404, 15, 'it is forgotten')

    def test_ffmpeg_plays_segments_that_are_clean(self):
        self.call('--sound', 'beep')
        copy = self.folder / 'copy.mp4'
        status, _, err = run('ffmpeg', '-y', '-v', 'warning', '-nostdin', '-i', self.url(), '-t', '6', '-c', 'copy', copy)
        self.assertEqual(status, 0, err)
        self.assertEqual(streams(copy)['video']['codec_name'], 'h264')
        self.assertEqual(streams(copy)['audio']['codec_name'], 'aac')
        assert_clean(self, copy)
        self.assertEqual(barcode(copy)['unreadable'], 0)
        # What the list names, put together, is a file without a fault.
        text = self.playlist()
        names = re.findall(r'URI="(\w+-i0.mp4)"', text) + re.findall(r'^\w+-\d+\.m4s$', text, re.M)
        whole = self.folder / 'whole.mp4'
        base = self.url().rsplit('/', 1)[0]
        whole.write_bytes(b''.join(http('GET', f'{base}/{name}').body for name in names))
        seen = assert_clean(self, whole)
        keys = [dts for dts, _, key in seen['video'] if key]
        self.assertGreaterEqual(len(keys), len(names) - 1)
        # WCS has the same elsewhere.
        other = http('GET', f'{self.server.base}/room1/room1.m3u8')
        self.assertEqual(other.status, 200)
        self.assertEqual(streams(f'{self.server.base}/room1/room1.m3u8')['video']['codec_name'], 'h264')

    def test_players_wait_for_what_comes_next(self):
        self.call()
        text = self.playlist()
        msn, part = map(int, re.search(r'PRELOAD-HINT:TYPE=PART,URI="\w+-(\d+)-(\d+)', text).groups())
        hinted = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)', text)[1]
        base = self.url().rsplit('/', 1)[0]
        for _ in range(8):  # more than a segment
            started = time.monotonic()
            answer = http('GET', f'{base}/{hinted}')
            self.assertEqual(answer.status, 200, (hinted, text))
            self.assertIn('immutable', answer.headers['Cache-Control'])
            text = self.playlist(f'?_HLS_msn={msn}&_HLS_part={part}')
            self.assertIn(f'URI="{hinted}"', text)
            self.assertLess(time.monotonic() - started, 3)
            hinted = re.search(r'PRELOAD-HINT:TYPE=PART,URI="([^"]+)', text)[1]
            msn, part = map(int, re.search(r'-(\d+)-(\d+)\.', hinted).groups())
        for parts in re.findall(r'EXT-X-PART:DURATION=([\d.]+)', text):
            self.assertLessEqual(float(parts), 0.334)
        for query, words in {f'?_HLS_msn={msn + 9}': '_HLS_msn is further', '?_HLS_part=1': '_HLS_part wants', '?_HLS_msn=x': '_HLS_msn is no'}.items():
            answer = http('GET', self.url() + query)
            self.assertEqual(answer.status, 400, query)
            self.assertIn(words, answer.json()['message'])
        for name in ('none-1.m4s', 'x', '%2e%2e%2fetc%2fpasswd', f'{hinted[:8]}-999-0.m4s', f'{hinted[:8]}-i9.mp4'):
            self.assertIn(http('GET', f'{base}/{name}').status, (400, 404), name)
        self.assertEqual(http('GET', self.url('nothing')).status, 404)
        self.assertEqual(http('GET', f'{self.server.base}/nothing/nothing.m3u8').status, 404)

    def test_odd_names_sound_alone_and_vp8(self):
        odd = 'räume & "1" %2F?'
        self.call('--video', 'none', stream=odd, hasVideo='false')
        quoted = 'r%C3%A4ume%20%26%20%221%22%20%252F%3F'
        text = self.playlist(stream=quoted)
        self.assertIn('#EXTINF:', text)
        self.assertEqual(list(streams(self.url(quoted))), ['audio'])
        self.call('--video', 'vp8', call_id='vp8', stream='vp8')
        answer = http('GET', self.url('vp8'), timeout=30)
        self.assertEqual(answer.status, 501)
        self.assertIn('VP8', answer.json()['message'])

    def test_a_phone_with_long_gops_gets_a_true_target_duration(self):
        self.call('--gop', '6', '--ignore-pli')
        text = self.playlist()
        longest = max(map(float, re.findall(r'#EXTINF:([\d.]+)', text)))
        target = int(re.search(r'TARGETDURATION:(\d+)', text)[1])
        self.assertEqual(target, round(longest))
        self.assertGreaterEqual(target, 5)
        self.assertEqual(len(re.findall('keyframes are .* apart', self.server.log())), 1)


class HlsServersTest(Hls):
    def test_it_begins_by_option_and_ends_when_nobody_asks(self):
        self.server = Server(self, hls__always='true', hls__port=free_ports(), hls__idle='5s')
        self.call()
        eventually(lambda: 'HLS begins' in self.server.log(), 5, 'it begins by itself')
        time.sleep(4)
        base = f'http://127.0.0.1:{self.server.options["hls.port"]}/room1'
        started = time.monotonic()
        self.assertIn('#EXTINF', http('GET', f'{base}/room1.m3u8').body.decode())
        self.assertLess(time.monotonic() - started, 1, 'it was ready')

    def test_a_thousand_players(self):
        self.server = Server(self)
        self.call('--bitrate', '300')
        self.playlist()
        stat = pathlib.Path(f'/proc/{self.server.process.popen.pid}/stat')
        cpu = lambda: sum(map(int, stat.read_text().rsplit(')', 1)[1].split()[11:13])) / os.sysconf('SC_CLK_TCK')
        before, started = cpu(), time.monotonic()
        load = Process(self, 'load', [sys.executable, LAB / 'tools/hls_load.py', '127.0.0.1', self.server.http_port, '/hls/room1/index.m3u8', 1000, 8])
        self.assertEqual(load.wait_end(40), 0, load.log())
        seen = json.loads(load.log())
        self.report(**seen, server_cpu_percent=round(100 * (cpu() - before) / (time.monotonic() - started)))
        self.assertEqual(seen['errors'], 0, seen)
        self.assertGreaterEqual(seen['parts'], 1000)

    def test_behind_nginx_it_is_cached_and_plays_over_http2(self):
        self.server = Server(self)
        self.call()
        keys, port = Certificates(self.folder / 'keys').folder, free_ports()
        # As docs/outputs.md has it, with the places of this machine.
        config = re.search(r'```nginx\n(.*?)```', (ROOT / 'docs/outputs.md').read_text(), re.S)[1]
        for old, new in {'/var/cache/nginx/sipcast': self.folder / 'cache', 'listen 443': f'listen 127.0.0.1:{port}', '/etc/nginx/live': keys / 'server',
                         '127.0.0.1:8081': f'127.0.0.1:{self.server.http_port}'}.items():
            self.assertIn(old, config)
            config = config.replace(old, str(new))
        temp = ' '.join(f'{kind}_temp_path {self.folder}/tmp_{kind};' for kind in ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        path = self.folder / 'nginx.conf'
        path.write_text(f'user root; worker_processes 1; daemon off; pid {self.folder}/nginx.pid; error_log {self.folder}/nginx-error.log info;\n'
                        f'events {{ worker_connections 512; }}\nhttp {{ access_log {self.folder}/access.log; {temp}\n{config} }}\n')
        (self.folder / 'access.log').unlink(missing_ok=True)
        Process(self, 'nginx', ['nginx', '-p', self.folder, '-c', path, '-e', self.folder / 'nginx-error.log'])
        base = f'https://127.0.0.1:{port}/hls/room1/'

        def curl(name, *more):
            status, out, err = run('curl', '-skS', '--http2', '-m', '30', '-D', '-', *more, '-o', self.folder / 'body', base + name)
            return out if status == 0 else ''
        head = eventually(lambda: curl('index.m3u8'), 10, 'nginx answers')
        self.assertRegex(head, r'^HTTP/2 200')
        self.assertIn('access-control-allow-origin: *', head)
        text = (self.folder / 'body').read_text()
        segment = re.findall(r'^\w+-\d+\.m4s$', text, re.M)[-1]
        self.assertIn('x-cache: MISS', curl(segment))
        self.assertIn('x-cache: HIT', curl(segment))
        browser = HlsBrowser(self, self.server.base)
        browser.ask(open='one', url=base + 'index.m3u8', how='low')
        browser.ask(open='two', url=base + 'index.m3u8', how='low')
        time.sleep(4)
        for name in ('one', 'two'):
            seen = browser.ask(read=name, ms=2000)
            self.report(behind_nginx_ms=seen['behindMs'])
            self.assertLessEqual(seen['behindMs'], 3000)
            self.assertGreater(seen['frames'], 15)
            self.assertEqual(seen['fatal'], [])
        hits = sum('HTTP/2.0" 200' in line for line in (self.folder / 'access.log').read_text().splitlines())
        asked = len(re.findall(r'GET /hls/room1/\S+: 200', self.server.log()))
        self.report(requests_at_nginx=hits, requests_at_server=asked)
        self.assertLess(asked, hits)


class PagesTest(Hls):
    """Pages that play without WebRTC: ours and the SDK's."""

    def setUp(self):
        super().setUp()
        self.server = Server(self)
        self.demo = self.server.base + '/client2/examples/demo/streaming'

    def test_our_player_says_which_way_it_takes_and_why(self):
        self.call('--sound', 'tone')
        page = self.server.base + '/player?stream=room1'
        seen = look(self, 'page', page, '--secs', 2, '--text', '#way')
        self.assertEqual(seen['text'], 'WebRTC')
        seen = look(self, 'page', page + '&ways=hls,sound', '--until', '#way=LL-HLS', '--latency', '--secs', 4, '--text', '#way')
        self.report(own_player_ms=seen['latency'])
        self.assertEqual(seen['text'], 'LL-HLS')
        self.assertLessEqual(seen['latency']['medianMs'], 2500)
        self.call('--video', 'vp8', call_id='vp8', stream='vp8')
        look(self, 'page', self.server.base + '/player?stream=vp8&ways=hls,sound', '--no-video', '--until', '#way=Sound alone by LL-HLS, for LL-HLS does not work: HLS carries H.264')

    def test_the_sdk_page_for_hls_js_plays(self):
        self.call()
        source = f'{self.server.base}/room1/room1.m3u8'
        for low in ('true', 'false'):
            seen = look(self, 'page', f'{self.demo}/hls-js-player/hls-js-player.html?autoplay=true&llhls={low}&src={source}', '--latency', '--secs', 6)
            self.report(sdk_hls_js=low, ms=seen['latency'])
            self.assertGreater(seen['latency']['n'], 25)

    def test_the_sdk_page_for_videojs_plays(self):
        self.call()
        source = f'{self.server.base}/room1/room1.m3u8'
        seen = look(self, 'page', f'{self.demo}/hls-player/hls-player.html?version=videojs8&autoplay=true&src={source}', '--latency', '--secs', 12)
        self.report(sdk_videojs_ms=seen['latency'])
        self.assertGreater(seen['latency']['n'], 25)

    def test_the_sdk_player_plays_by_mse(self):
        phone = self.call()
        seen = look(self, 'page', f'{self.demo}/player/player.html?mediaProvider=MSE', '--fill', f'#url={self.server.ws_url}', '--fill', '#streamName=room1',
                    '--click', '#playBtn', '--until', '#status=PLAYING', '--secs', 4, '--text', '#status')
        self.report(mse=seen['watch'], tone=seen['tone'])
        self.assertEqual(seen['text'], 'PLAYING')
        self.assertGreater(seen['watch']['n'], 60)
        self.assertEqual(seen['watch']['unreadable'], 0)
        self.assertNotIn('stats', seen, 'it is no WebRTC')
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=12)
        self.assertTrue(phone.running())
