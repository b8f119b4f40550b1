"""RTMP pushes against nginx with its RTMP module: a server that we did not write."""
import json
import os
import socket
import threading
import time
import wave

from harness import (LAB, PASSWORD, Process, Server, TestCase, TestPhone, call_fields, eventually, free_ports, look, tail)
from media_files import assert_clean, av_offset_ms, barcode, streams, tone_hz, tones


class RtmpServer(Process):
    """rec/NAME.flv below `folder` is complete when its publisher has left."""

    def __init__(self, test, name='nginx', port=None, tls=False):
        self.port, self.http, self.tls = port or free_ports(), free_ports(), free_ports() if tls else 0
        self.folder = test.folder / name
        super().__init__(test, name, [LAB / 'rtmp/rtmp-sink.sh', self.folder, f'rtmp={self.port}', f'http={self.http}', f'rtmps={self.tls}'])
        self.url = f'rtmp://127.0.0.1:{self.port}/live'
        eventually(self._listens, 10, 'the port of nginx')

    def _listens(self):
        with socket.socket() as probe:
            return probe.connect_ex(('127.0.0.1', self.port)) == 0

    def recorded(self, name):
        return self.folder / f'rec/{name}.flv'

    def grows(self, name, size=100_000):
        path = self.recorded(name)
        return path.exists() and path.stat().st_size > size


class PushTest(TestCase):
    def setUp(self):
        super().setUp()
        self.media = self.folder / 'media'
        self.media.mkdir(exist_ok=True)
        self.server = Server(self, url__allow_private='true', media__dir=self.media, push__tls_verify='false', calls=6)

    def call(self, call_id, *phone_options, **fields):
        phone = TestPhone(self, *phone_options, name=f'phone-{call_id}')
        self.server.startup(**call_fields(call_id, call_id, sipPort=str(phone.port), **fields))
        return phone

    def push(self, stream, url, **fields):
        answer = self.server.rest('/push/startup', {'streamName': stream, 'rtmpUrl': url, **fields})
        self.assertEqual(answer.status, 200, answer)
        return answer.json()

    def transponder(self, push):
        answer = self.server.rest('/push/find_all')
        return next((t for t in answer.json() if t['mediaSessionId'] == push['mediaSessionId']), None) if answer.status == 200 else None

    def wait_published(self, push, timeout=15):
        return eventually(lambda: (t := self.transponder(push)) and t['status'] == 'PUBLISHING' and t, timeout, f'published: {self.transponder(push)}')

    def end(self, *calls):
        for call in calls:
            self.server.terminate(call)
        eventually(lambda: self.server.rest('/push/find_all').status == 404, 5, 'pushes end with their calls')

    def test_calls_of_every_codec_arrive_whole(self):
        nginx = RtmpServer(self)
        # A push may be started before the call has media, and with the call.
        self.call('pcmu', '--sound', 'beep', rtmpUrl=nginx.url, rtmpStream='pcmu')
        self.call('opus', '--audio', 'opus', '--sound', 'beep')
        self.push('opus', nginx.url)
        self.call('g722', '--audio', 'g722', '--sound', 'beep')
        self.push('g722', f'{nginx.url}/whole-key', rtmpTransponderFullUrl=True)
        self.call('pcma', '--audio', 'pcma', '--sound', 'beep')
        self.push('pcma', nginx.url)
        self.call('sound', '--audio', 'pcma', '--video', 'none', hasVideo='false')
        self.push('sound', nginx.url)
        self.push('sound', f'{nginx.url}/slate', rtmpTransponderFullUrl=True, options={'slate': True})
        names = ['rtmp_pcmu', 'rtmp_opus', 'rtmp_pcma', 'whole-key', 'rtmp_sound', 'slate']
        eventually(lambda: all(nginx.grows(name, 30_000) for name in names), 30, 'all are being recorded')
        self.assertEqual(self.server.find('pcmu')['rtmpStreamStatus'], 'PUBLISHING')
        time.sleep(float(os.environ.get('E2E_PUSH_SECONDS', 8)))  # 60 for the long form
        self.end('pcmu', 'opus', 'pcma', 'g722', 'sound')
        for name in names:
            with self.subTest(name):
                path = nginx.recorded(name)
                seen = assert_clean(self, path)
                self.assertEqual(streams(path)['audio']['codec_name'], 'aac')
                self.assertEqual(int(streams(path)['audio']['sample_rate']), 48000)
                if name == 'rtmp_sound':
                    self.assertNotIn('video', seen)
                elif name == 'slate':
                    self.assertEqual(streams(path)['video']['codec_name'], 'h264')
                    self.assertTrue(all(key for *_, key in seen['video']))
                    self.assertAlmostEqual(len(seen['video']) / (seen['video'][-1][1] - seen['video'][0][1]), 2, delta=0.5)
                else:
                    self.assertEqual(streams(path)['video']['codec_name'], 'h264')
                    keys = [pts for _, pts, key in seen['video'] if key]
                    self.assertLess(max(b - a for a, b in zip(keys, keys[1:])), 3)
                if name in ('rtmp_pcmu', 'rtmp_opus', 'rtmp_pcma', 'whole-key'):
                    offset, flashes = av_offset_ms(path)
                    self.report(push=name, av_offset_ms=offset, flashes=flashes)
                    self.assertGreater(flashes, 4)
                    self.assertLessEqual(abs(offset), 40)
                else:
                    self.assertAlmostEqual(tone_hz(path), 440, delta=12)
        self.assertNotIn('whole-key', self.server.log())

    def test_a_server_that_goes_away_gets_the_push_back(self):
        port = free_ports()
        first = RtmpServer(self, 'nginx-1', port)
        self.call('room1')
        push = self.push('room1', first.url)
        self.wait_published(push)
        eventually(lambda: first.grows('rtmp_room1'), 10, 'it is recorded')
        first.stop()
        assert_clean(self, first.recorded('rtmp_room1'))
        eventually(lambda: (self.transponder(push) or {}).get('status') == 'FAILED', 10, 'the push knows')
        self.assertTrue(self.transponder(push)['cause'])
        second = RtmpServer(self, 'nginx-2', port)
        started = time.monotonic()
        eventually(lambda: second.grows('rtmp_room1', 1000), 15, 'it is back')
        back = time.monotonic() - started
        self.report(back_after_s=round(back, 1))
        self.assertLess(back, 5)
        eventually(lambda: second.grows('rtmp_room1'), 10, 'it is recorded again')
        self.assertEqual(self.transponder(push)['connections'], 2)
        self.end('room1')
        assert_clean(self, second.recorded('rtmp_room1'))
        self.assertEqual(barcode(second.recorded('rtmp_room1'))['unreadable'], 0)

    def test_mute_and_sound_change_this_push_alone(self):
        nginx = RtmpServer(self)
        with wave.open(str(self.media / 'sample.wav'), 'wb') as out:
            out.setnchannels(1), out.setsampwidth(2), out.setframerate(16000)
            out.writeframes(b''.join((12000 if n // 8 % 2 else -12000).to_bytes(2, 'little', signed=True) for n in range(16000)))  # 1 kHz
        self.call('room1')
        pushes = {name: self.push('room1', f'{nginx.url}/{name}', rtmpTransponderFullUrl='true', options=options) for name, options in
                  {'plain': {}, 'muted': {'action': 'mute'}, 'sound': {'action': 'sound_on', 'soundFile': 'sample.wav', 'loop': True},
                   'unmuted': {'action': 'mute'}}.items()}
        for push in pushes.values():
            self.wait_published(push)
        ids = {name: {'mediaSessionId': push['mediaSessionId']} for name, push in pushes.items()}
        self.assertEqual([self.transponder(p)['muted'] for p in pushes.values()], [False, True, False, True])
        self.assertEqual([self.transponder(p)['soundEnabled'] for p in pushes.values()], [False, False, True, False])
        time.sleep(1)
        answer = self.server.rest('/push/unmute', ids['unmuted'])
        self.assertEqual((answer.status, answer.body), (200, b''))
        time.sleep(4)
        self.end('room1')
        self.assertAlmostEqual(tone_hz(nginx.recorded('plain')), 440, delta=12)
        self.assertEqual(tone_hz(nginx.recorded('muted')), 0)
        self.assertAlmostEqual(tone_hz(nginx.recorded('sound')), 1000, delta=60)
        self.assertAlmostEqual(tone_hz(nginx.recorded('unmuted'), 2), 440, delta=12)
        for name in pushes:
            assert_clean(self, nginx.recorded(name))

    def test_rest_to_the_letter(self):
        nginx = RtmpServer(self, tls=True)
        self.call('room1', '--audio', 'none', hasAudio='false')  # video alone: it gets silence
        push = self.push('room1', nginx.url, unknownField=1)
        for field in ('mediaSessionId', 'streamName', 'rtmpUrl', 'width', 'height', 'muted', 'soundEnabled', 'options'):
            self.assertIn(field, push)
        self.assertEqual((push['streamName'], push['rtmpUrl'], push['muted'], push['soundEnabled']), ('rtmp_room1', nginx.url, False, False))
        again = self.server.rest('/push/startup', {'streamName': 'room1', 'rtmpUrl': nginx.url})
        self.assertEqual(again.status, 409, again)
        published = self.wait_published(push)
        self.assertEqual((published['width'], published['height']), (640, 360))
        for filters, status in (({'streamName': 'room1'}, 200), ({'streamName': 'rtmp_room1', 'rtmpUrl': nginx.url}, 200), ({'rtmpUrl': 'rtmp://x/y'}, 404)):
            self.assertEqual(self.server.rest('/push/find', filters).status, status, filters)
        self.assertEqual(len(self.server.rest('/push/find_all', method='GET').json()), 1)

        # TLS without verification, a key that the server refuses, and a user with a password
        tls = self.push('room1', f'rtmps://127.0.0.1:{nginx.tls}/live/by-tls', rtmpTransponderFullUrl=True)
        refused = self.push('room1', f'rtmp://alice:{PASSWORD}@127.0.0.1:{nginx.port}/locked/room1?key={PASSWORD}', rtmpTransponderFullUrl=True)
        self.assertNotIn(PASSWORD, json.dumps(refused))
        taken = self.push('room1', f'rtmp://127.0.0.1:{nginx.port}/locked/room1?key=secret', rtmpTransponderFullUrl=True)
        self.wait_published(tls)
        self.wait_published(taken)
        why = eventually(lambda: (self.transponder(refused) or {}).get('cause'), 15, 'a cause of the refusal')
        self.report(refusal=repr(why))

        for field, body in (('streamName', {'rtmpUrl': nginx.url}), ('rtmpUrl', {'streamName': 'room1'}), ('rtmpUrl', {'streamName': 'room1', 'rtmpUrl': 'http://x/y'}),
                            ('rtmpUrl', {'streamName': 'room1', 'rtmpUrl': 'rtmp://no-such-host.invalid/live'}),
                            ('options', {'streamName': 'room1', 'rtmpUrl': nginx.url, 'options': {'action': 'dance'}})):
            answer = self.server.rest('/push/startup', body)
            self.assertEqual(answer.status, 400, answer)
            self.assertIn(field, answer.json()['message'])
        self.assertEqual(self.server.rest('/push/startup', {'streamName': 'nobody', 'rtmpUrl': nginx.url}).status, 404)
        known = {'mediaSessionId': push['mediaSessionId']}
        self.assertEqual(self.server.rest('/push/sound_on', {**known, 'soundFile': 'no.wav'}).status, 404)
        for file in ('../sipcast.conf', '/etc/passwd', '.hidden'):
            self.assertEqual(self.server.rest('/push/sound_on', {**known, 'soundFile': file}).status, 400)
        for method in ('terminate', 'mute', 'unmute', 'sound_on', 'sound_off'):
            self.assertEqual(self.server.rest(f'/push/{method}', {'mediaSessionId': 'nobody', 'soundFile': 'x.wav'}).status, 404, method)
            self.assertEqual(self.server.rest(f'/push/{method}', {}).status, 400, method)
        eventually(lambda: nginx.grows('rtmp_room1', 50_000), 15, 'what is pushed')
        for method in ('sound_off', 'terminate'):
            answer = self.server.rest(f'/push/{method}', known)
            self.assertEqual((answer.status, answer.body), (200, b''), method)
        self.assertIsNone(self.transponder(push))
        self.end('room1')
        assert_clean(self, nginx.recorded('rtmp_room1'))
        self.assertEqual(tone_hz(nginx.recorded('rtmp_room1')), 0)

    def test_a_server_that_hangs_holds_nobody_up(self):
        with socket.create_server(('127.0.0.1', free_ports())) as deaf:
            connected = threading.Event()

            def accept():
                connections.append(deaf.accept())
                connected.set()
            connections = []
            threading.Thread(target=accept, daemon=True).start()
            self.call('room1')
            push = self.push('room1', f'rtmp://127.0.0.1:{deaf.getsockname()[1]}/live')
            self.assertTrue(connected.wait(10))
            started = time.monotonic()
            self.assertEqual(self.server.rest('/push/terminate', {'mediaSessionId': push['mediaSessionId']}).status, 200)
            answered = time.monotonic() - started
            connections[0][0].settimeout(2)
            while connections[0][0].recv(65536):
                pass
            gone = time.monotonic() - started
            self.report(answer_ms=round(answered * 1000), connection_closed_ms=round(gone * 1000))
            self.assertLess(gone, 0.5)
            connections[0][0].close()


class PushPageTest(TestCase):
    def test_the_buttons_of_sip_as_rtmp_4(self):
        media = self.folder / 'media'
        media.mkdir(exist_ok=True)
        with wave.open(str(media / 'sample.wav'), 'wb') as out:
            out.setnchannels(1), out.setsampwidth(2), out.setframerate(16000)
            out.writeframes(b''.join((12000 if n // 8 % 2 else -12000).to_bytes(2, 'little', signed=True) for n in range(160000)))  # 1 kHz
        server = Server(self, url__allow_private='true', media__dir=media)
        nginx, phone = RtmpServer(self), TestPhone(self)
        page = f'{server.base}/client2/examples/demo/sip/sip-as-rtmp-4/sip-as-rtmp-4.html'
        state = lambda: (server.rest('/push/find_all').json() or [{}])[0] if server.rest('/push/find_all').status == 200 else {}
        seen = {}

        def watch():
            while not over.is_set():
                now = state()
                for what, true in (('published', now.get('status') == 'PUBLISHING'), ('muted', now.get('muted')), ('sound', now.get('soundEnabled')),
                                   ('unmuted', seen.get('muted') and now.get('muted') is False), ('sound off', seen.get('sound') and now.get('soundEnabled') is False),
                                   ('stopped', seen.get('published') and not now)):
                    if true:
                        seen.setdefault(what, time.monotonic())
                time.sleep(0.05)
        over = threading.Event()
        watcher = threading.Thread(target=watch, daemon=True)
        watcher.start()
        try:
            fields = {'restUrl': f'{server.base}/rest-api', 'rtmpUrl': nginx.url, 'rtmpStream': 'room1', 'callee': 'phone', 'sipLogin': 'alice', 'sipAuthenticationName': 'alice',
                      'sipPassword': 'any', 'sipDomain': '127.0.0.1', 'sipOutboundProxy': '127.0.0.1', 'sipPort': phone.port}
            look(self, 'page', page, '--no-video', *[word for name, value in fields.items() for word in ('--fill', f'#{name}={value}')],
                 '--press', '#hasAudio', '--press', '#hasVideo', '--click', '#callBtn', '--until', '#callStatus=ESTABLISHED', '--click', '#startRtmp', '--until', '#startRtmp=Stop', '--wait', '2', '--press', '#mute', '--wait', '2', '--press', '#mute', '--wait', '2',
                 '--press', '#music', '--wait', '3', '--press', '#music', '--wait', '2', '--click', '#startRtmp', '--until', '#startRtmp=Start')
            eventually(lambda: 'stopped' in seen, 10, f'the push has ended: {seen}')
        finally:
            over.set()
            watcher.join()
        self.assertEqual(sorted(seen, key=seen.get), ['published', 'muted', 'unmuted', 'sound', 'sound off', 'stopped'])
        server.terminate(server.rest('/call/find_all').json()[0]['callId'])
        path = nginx.recorded('rtmp_room1')
        assert_clean(self, path)
        levels = tones(path)
        self.report(tones=levels)
        heard = [hz for hz, before in zip(levels, [None, *levels]) if hz != before]
        for wanted in (440, 0, 440, 1000, 440):
            while heard and abs(heard[0] - wanted) > max(60, wanted * 0.1):
                heard.pop(0)
            self.assertTrue(heard, f'{wanted} Hz is missing in {levels}')


class PushRulesTest(TestCase):
    def test_private_targets_and_unproven_servers_are_refused_unless_allowed(self):
        strict = Server(self)
        phone = TestPhone(self, '--video', 'vp8')
        strict.startup(**call_fields(sipPort=str(phone.port)))
        for url in ('rtmp://127.0.0.1:1935/live', 'rtmp://localhost/live', 'rtmp://[::1]/live', 'rtmp://10.0.0.1/live', 'rtmps://169.254.169.254/live'):
            answer = strict.rest('/push/startup', {'streamName': 'room1', 'rtmpUrl': url})
            self.assertEqual(answer.status, 403, answer)
            self.assertIn('url.allow_private', answer.json()['message'])

    def test_tls_is_verified_and_vp8_is_refused_in_plain_words(self):
        server = Server(self, url__allow_private='true')
        nginx = RtmpServer(self, tls=True)
        phones = [TestPhone(self, name='h264'), TestPhone(self, '--video', 'vp8', name='vp8')]
        for call_id, phone in zip(('room1', 'room2'), phones):
            server.startup(**call_fields(call_id, call_id, sipPort=str(phone.port)))
        server.rest('/push/startup', {'streamName': 'room1', 'rtmpUrl': f'rtmps://127.0.0.1:{nginx.tls}/live'})
        server.rest('/push/startup', {'streamName': 'room2', 'rtmpUrl': nginx.url})
        eventually(lambda: 'RTMP carries H264, and the phone sends VP8' in server.log(), 15, 'the refusal of VP8')
        why = eventually(lambda: server.rest('/push/find_all').json()[0]['cause'], 15, f'a cause: {tail(server.log())}')
        self.report(cause=repr(why))
        self.assertRegex(why.lower(), 'certificate|verif|trusted|x509|tls')
        # The same server with an authority that has signed for it.
        trusting = Server(self, name='trusting', url__allow_private='true', push__tls_ca=nginx.folder / 'cert.pem')
        trusting.startup(**call_fields(sipPort=str(phones[0].port)))
        trusting.rest('/push/startup', {'streamName': 'room1', 'rtmpUrl': f'rtmps://127.0.0.1:{nginx.tls}/live/proven', 'rtmpTransponderFullUrl': True})
        eventually(lambda: trusting.rest('/push/find_all').json()[0]['status'] == 'PUBLISHING', 15, 'a proven server is taken')
