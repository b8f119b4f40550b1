"""Recordings, judged by ffprobe and ffmpeg; also of a server that was killed, and on a disk that is full."""
import contextlib
import hashlib
import json
import random
import shutil
import signal
import subprocess
import time
import unittest

from harness import Process, Server, TestCase, TestPhone, call_fields, eventually
from media_files import assert_clean, av_offset_ms, barcode, streams, tone_hz


class RecordTest(TestCase):
    def setUp(self):
        super().setUp()
        self.records = self.folder / 'records'
        shutil.rmtree(self.records, ignore_errors=True)

    def start(self, **options):
        self.server = Server(self, record__dir=self.records, **options)

    def call(self, call_id, *phone_options, **fields):
        phone = TestPhone(self, *phone_options, name=f'phone-{call_id}-{time.monotonic_ns()}')
        self.server.startup(**call_fields(call_id, f'room-{call_id}', sipPort=str(phone.port), **fields))

    def recorder(self, call_id):
        answer = self.server.rest('/recorder/find', {'mediaSessionId': call_id})
        return answer.json()[0] if answer.status == 200 else None

    def recorded(self, call_id, ms):
        return eventually(lambda: (r := self.recorder(call_id)) and r['durationMs'] >= ms and r, 20, f'{ms} ms of {call_id}: {self.recorder(call_id)}')

    def files(self, pattern):
        return sorted(self.records.glob(pattern))

    def check(self, path, tone=True):
        seen = assert_clean(self, path)
        manifest = json.loads(path.with_name(path.name + '.json').read_text())
        self.assertEqual(manifest['sha256'], hashlib.sha256(path.read_bytes()).hexdigest())
        self.assertEqual(manifest['file'], path.name)
        if tone:
            self.assertAlmostEqual(tone_hz(path), 440, delta=12)
        if 'video' in seen:
            self.assertEqual(barcode(path)['unreadable'], 0)
        return seen, manifest

    def test_every_kind_of_call_becomes_a_file_that_plays(self):
        self.start()
        self.call('h264', '--sound', 'beep', record='true')
        self.call('vp8', '--video', 'vp8', '--audio', 'opus', record='true')
        self.call('sound', '--video', 'none', '--audio', 'g722', hasVideo='false')
        started = self.server.rest('/recorder/startup', {'mediaSessionId': 'sound', 'config': {'fileTemplate': '../{streamName}/{startTime}-{endTime}'}})
        self.assertEqual((started.status, started.body), (200, b''))
        for call_id in ('h264', 'vp8', 'sound'):
            self.recorded(call_id, 4000)
        self.assertIn('{endTime}', self.recorder('sound')['fileName'])
        # A second startup begins a second file.
        self.assertEqual(self.server.rest('/recorder/startup', {'mediaSessionId': 'h264'}).status, 200)
        eventually(lambda: self.recorder('h264')['files'] == 2, 10, 'the second file')
        self.recorded('h264', 2000)
        self.assertEqual(self.server.rest('/recorder/terminate', {'mediaSessionId': 'vp8'}).status, 200)
        for call_id in ('h264', 'vp8', 'sound'):
            self.server.terminate(call_id)
        eventually(lambda: self.server.rest('/recorder/find_all').status == 404, 10, 'recordings end with their calls')
        eventually(lambda: len(self.files('*.json')) == 4 and not self.files('*.part'), 10, f'the files: {self.files("*")}')

        first, second = self.files('room-h264-*.mp4')
        seen, manifest = self.check(first, tone=False)
        self.check(second, tone=False)
        self.assertGreater(manifest['durationMs'], 4000)
        offset, flashes = av_offset_ms(first)
        self.report(av_offset_ms=offset, flashes=flashes)
        self.assertGreater(flashes, 2)
        self.assertLessEqual(abs(offset), 40)
        [vp8] = self.files('room-vp8-*.webm')
        self.check(vp8)
        self.assertEqual({kind: s['codec_name'] for kind, s in streams(vp8).items()}, {'video': 'vp8', 'audio': 'opus'})
        [sound] = self.files('*room-sound*.mp4')
        self.assertNotIn('video', self.check(sound)[0])
        self.assertRegex(sound.name, r'^_?\.\._room-sound_\d+-\d+\.mp4$')

    def test_kill_9_loses_two_seconds_at_most(self):
        for number in range(3):
            with self.subTest(number=number):
                shutil.rmtree(self.records, ignore_errors=True)
                self.start()
                self.call('room', record='true')
                self.recorded('room', 1000)
                known = time.monotonic()  # a second of it, at least, is behind us
                time.sleep(random.uniform(0, 2.5))
                self.server.exit_status = -signal.SIGKILL
                self.server.process.popen.send_signal(signal.SIGKILL)
                passed = 1000 + 1000 * (time.monotonic() - known)
                self.server.process.popen.wait()
                self.assertEqual(len(self.files('*.mp4.part')), 1)
                # The next start repairs it.
                again = Process(self, f'server-{number}', self.server.process.popen.args)
                again.wait_line('1 finished, 0 without content')
                again.stop()
                [file] = self.files('*.mp4')
                self.assertFalse(self.files('*.part'))
                seen = assert_clean(self, file)
                length = 1000 * (seen['video'][-1][0] - seen['video'][0][0])
                self.report(recorded_ms=round(passed), recovered_ms=round(length))
                self.assertGreater(length, passed - 2000)
                self.assertEqual(barcode(file)['unreadable'], 0)

    def test_a_full_disk_ends_the_file_and_touches_nothing_else(self):
        self.records.mkdir()
        if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=300k', 'tmpfs', self.records], capture_output=True).returncode != 0:
            raise unittest.SkipTest('no tmpfs may be mounted here')
        self.addCleanup(subprocess.run, ['umount', '-l', self.records])
        self.start()
        self.call('room', record='true')
        failed = eventually(lambda: (r := self.recorder('room')) and r['status'] == 'FAILED' and r, 30, f'failure: {self.recorder("room")}')
        self.assertIn('No space left', failed['cause'])
        self.report(cause=repr(failed['cause']))

        def frames():
            return self.server.rest('/stream/find', {'name': 'room-room'}).json()[0]['metrics']['frames']
        before = frames()
        eventually(lambda: frames() > before + 25, 5, 'the stream goes on')
        [file] = self.files('*.mp4')
        self.assertFalse(self.files('*.part'))
        assert_clean(self, file)

    def test_rest_to_the_letter(self):
        self.start(record__max=1)
        self.call('a', record='true')
        self.call('b')
        self.recorded('a', 1000)
        for path, body, status in (
                ('startup', {'mediaSessionId': 'nobody'}, 404), ('startup', {}, 400), ('startup', {'mediaSessionId': 'a', 'config': 1}, 400),
                ('startup', {'mediaSessionId': 'a', 'config': {'rotation': 'often'}}, 400), ('startup', {'mediaSessionId': 'b'}, 503),
                ('terminate', {'mediaSessionId': 'nobody'}, 404), ('terminate', {}, 400), ('find', {'mediaSessionId': 'b'}, 404), ('find_all', {}, 200)):
            answer = self.server.rest(f'/recorder/{path}', body)
            self.assertEqual(answer.status, status, (path, body, answer))
        [shown] = self.server.rest('/recorder/find_all', method='GET').json()
        self.assertEqual((shown['mediaSessionId'], shown['status']), ('a', 'RECORDING'))
        self.assertTrue(shown['fileName'].endswith('.mp4'))
        self.assertEqual(self.server.rest('/stream/stopRecording', {'mediaSessionId': 'room-a'}).status, 200)
        eventually(lambda: len(self.files('*.mp4')) == 1, 5, 'the file')
        # A folder that cannot be made is told at once.
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.records)
        self.records.write_text('not a folder')
        self.addCleanup(self.records.unlink)
        self.assertEqual(self.server.rest('/stream/startRecording', {'mediaSessionId': 'b'}).status, 200)
        failed = eventually(lambda: (r := self.recorder('b')) and r['status'] == 'FAILED' and r, 15, 'failure')
        self.assertIn('Not a directory', failed['cause'])
