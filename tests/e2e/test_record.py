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

from harness import Server, TestCase, TestPhone, call_fields, eventually, http, node
from media_files import assert_clean, av_offset_ms, barcode, streams, tone_hz


class RecordTest(TestCase):
    def setUp(self):
        super().setUp()
        self.records = self.folder / 'records'
        shutil.rmtree(self.records, ignore_errors=True)
        self.phones = []

    def start(self, **options):
        self.server = Server(self, record__dir=self.records, **options)

    def call(self, call_id, *phone_options, **fields):
        phone = TestPhone(self, *phone_options, name=f'phone-{call_id}-{time.monotonic_ns()}', calls=2)
        self.phones.append(phone)
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

    def test_kill_9_at_random_moments_loses_two_seconds_at_most(self):
        together, rounds = 4, 5
        left, passed = self.folder / 'left', []
        shutil.rmtree(left, ignore_errors=True)
        left.mkdir()
        for number in range(rounds):
            shutil.rmtree(self.records, ignore_errors=True)
            servers = []
            for one in range(together):
                server = self.server = Server(self, name=f'server-{number}-{one}', calls=1, record__dir=self.records / str(one))
                self.call(f'c{number}{one}', '--size', '320x180', record='true')
                servers.append((server, one))
            victims = []
            for server, one in servers:
                self.server = server
                self.recorded(f'c{number}{one}', 1000)
                victims.append((time.monotonic() + random.uniform(0, 2), time.monotonic(), server, one))  # a second of it, at least, is behind us
            for when, known, server, one in sorted(victims, key=lambda victim: victim[0]):
                time.sleep(max(0, when - time.monotonic()))
                server.exit_status = -signal.SIGKILL
                server.process.popen.send_signal(signal.SIGKILL)
                length = 1000 + 1000 * (time.monotonic() - known)
                server.process.popen.wait()
                [part] = (self.records / str(one)).glob('*.mp4.part')
                name = f'r{number}{one}.mp4'
                self.assertTrue(streams(part), 'what is left opens as it is')
                part.rename(left / f'{name}.part')
                passed.append((name, length))
            for phone in [p for p in self.phones if p.running()]:
                phone.stop()
        # One start repairs them all.
        again = self.server = Server(self, name='repair', record__dir=left, record__download='true')
        again.process.wait_line(f'{together * rounds} finished, 0 without content')
        self.assertFalse(list(left.glob('*.part')))
        lost = []
        for name, length in passed:
            seen = assert_clean(self, left / name)
            lost.append(round(length - 1000 * (seen['video'][-1][0] - seen['video'][0][0])))
        self.report(most_lost_ms=max(lost), mean_lost_ms=sum(lost) // len(lost))
        self.assertLess(max(lost), 2000)
        opened = node(self, 'opens.mjs', [f'{again.base}/rest-api/recorder/files/{name}' for name, _ in passed], 90)
        self.assertEqual([file for file in opened if file.get('error') or not file['frames'] or file['width'] != 320], [])

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

    def test_a_disk_that_stands_still_touches_nobody_else(self):
        image = self.folder / 'disk.img'
        image.write_bytes(bytes(16 << 20))
        self.records.mkdir()
        done = subprocess.run(f'mkfs.ext4 -q {image} && mount -o loop {image} {self.records}', shell=True, capture_output=True)
        if done.returncode != 0:
            raise unittest.SkipTest('no loop device may be mounted here')
        self.addCleanup(image.unlink)
        self.addCleanup(subprocess.run, ['umount', '-l', self.records])
        self.addCleanup(subprocess.run, ['fsfreeze', '-u', self.records], capture_output=True)
        self.start()
        self.call('room', '--size', '320x180', record='true')
        self.recorded('room', 2000)
        subprocess.run(['fsfreeze', '-f', self.records], check=True)
        stream = lambda: self.server.rest('/stream/find', {'name': 'room-room'}).json()[0]['metrics']['frames']
        before = stream()
        eventually(lambda: stream() > before + 100, 15, 'the stream goes on')
        eventually(lambda: self.recorder('room')['framesDropped'] > 0, 25, 'the bounded queue drops')
        self.assertEqual(self.recorder('room')['status'], 'RECORDING')
        subprocess.run(['fsfreeze', '-u', self.records], check=True)
        self.server.process.wait_line('the disk is too slow', 10)
        written = self.recorder('room')['durationMs']
        eventually(lambda: self.recorder('room')['durationMs'] != written, 15, 'it records again')
        time.sleep(1.5)
        self.server.terminate('room')
        eventually(lambda: self.server.rest('/recorder/find_all').status == 404 and not self.files('*.part'), 15, 'the files are final')
        for file in self.files('*.mp4'):
            assert_clean(self, file)

    def test_fifty_at_once(self):
        self.start(calls=50)
        for group in range(10):
            phone = TestPhone(self, '--size', '160x90', '--fps', '5', '--bitrate', '32', name=f'phone-{group}')
            for one in range(5):
                name = f'{group}{one}'
                self.server.startup(**call_fields(name, f'room-{name}', sipPort=str(phone.port), record='true'))
        infos = lambda: self.server.rest('/recorder/find_all', method='GET').json()
        eventually(lambda: len(infos()) == 50 and all(r['durationMs'] >= 3000 for r in infos()), 60, '3 s of each')
        self.assertEqual([r for r in infos() if r['framesDropped'] or r['status'] != 'RECORDING'], [])
        for group in range(10):
            for one in range(5):
                self.server.terminate(f'{group}{one}')
        eventually(lambda: len(self.files('*.json')) == 50 and not self.files('*.part'), 30, 'all are final')
        for file in self.files('*.mp4')[::10]:
            assert_clean(self, file)
        for file in self.files('*.mp4'):
            self.assertEqual(set(streams(file)), {'video', 'audio'})

    def test_progressive_with_opus_a_hook_and_holds_in_the_manifest(self):
        said, script = self.folder / 'hook.txt', self.folder / 'hook.sh'
        said.unlink(missing_ok=True)
        script.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >> {said}\n')
        script.chmod(0o755)
        self.start(record__progressive='true', record__audio='opus', on_record_hook_script=script, record__template='{streamName}-{audioCodec}')
        self.call('a', '--sound', 'beep', record='true')
        self.recorded('a', 3000)
        self.assertEqual(self.server.rest('/call/hold', {'callId': 'a'}).status, 200)
        self.server.wait_status('a', 'HOLD')
        time.sleep(2)
        self.assertEqual(self.server.rest('/call/unhold', {'callId': 'a'}).status, 200)
        self.server.wait_status('a', 'ESTABLISHED')
        resumed = self.recorder('a')['durationMs']
        self.recorded('a', resumed + 3000)
        self.server.terminate('a')
        file = self.records / 'room-a-Opus.mp4'
        eventually(said.exists, 15, 'the hook has run')
        self.assertEqual(said.read_text().splitlines(), ['room-a', str(file), 'a'])
        boxes, data = [], file.read_bytes()
        at = 0
        while at < len(data):
            boxes.append(data[at + 4:at + 8].decode())
            at += int.from_bytes(data[at:at + 4], 'big')
        self.assertEqual(boxes[:2], ['ftyp', 'moov'])
        self.assertNotIn('moof', boxes)
        seen, manifest = self.check(file, tone=False)
        self.assertEqual(streams(file)['audio']['codec_name'], 'opus')
        [hold] = manifest['holds']
        self.assertGreater(hold['toMs'] - hold['fromMs'], 1500)
        self.assertTrue(any(gap['toMs'] - gap['fromMs'] > 1000 for gap in manifest['audioGaps'] + manifest['videoGaps']), manifest)
        self.assertEqual((manifest['videoCodec'], manifest['audioCodec'], manifest['videoStartMs'], manifest['lipSync']), ('H264', 'Opus', 0, True))
        offset, flashes = av_offset_ms(file)
        self.report(av_offset_ms=offset, flashes=flashes, holds=manifest['holds'], audio_gaps=manifest['audioGaps'], video_gaps=manifest['videoGaps'])
        self.assertGreater(flashes, 3)
        self.assertLessEqual(abs(offset), 40)

    def test_files_are_listed_and_given_in_ranges(self):
        self.records.mkdir()
        body = bytes(random.randrange(256) for _ in range(1000)) * 700
        (self.records / 'one.mp4').write_bytes(body)
        (self.records / 'one.mp4.json').write_text('{}')
        for name in ('two.mp4.part', '.hidden.mp4', 'notes.txt'):
            (self.records / name).write_text('x')
        (self.records / 'link.mp4').symlink_to('/etc/passwd')
        self.start()
        files = self.server.base + '/rest-api/recorder/files'
        self.assertEqual(http('GET', files).status, 403)
        self.assertIn('record.download', http('GET', files + '/one.mp4').json()['message'])
        self.server.process.stop()
        self.start(record__download='true')
        files = self.server.base + '/rest-api/recorder/files'
        [listed] = http('GET', files).json()
        self.assertEqual((listed['fileName'], listed['bytes'], listed['url']), ('one.mp4', len(body), '/rest-api/recorder/files/one.mp4'))
        whole = http('GET', files + '/one.mp4')
        self.assertEqual((whole.status, whole.headers['Content-Type'], whole.headers['Accept-Ranges'], whole.body == body), (200, 'video/mp4', 'bytes', True))
        for asked, first, last in (('bytes=0-9', 0, 9), ('bytes=699990-', 699990, 699999), ('bytes=-5', 699995, 699999), ('bytes=1000-600000', 1000, 600000)):
            part = http('GET', files + '/one.mp4', headers={'Range': asked})
            self.assertEqual((part.status, part.headers['Content-Range']), (206, f'bytes {first}-{last}/700000'))
            self.assertEqual(part.body, body[first:last + 1], asked)
        behind = http('GET', files + '/one.mp4', headers={'Range': 'bytes=700000-'})
        self.assertEqual((behind.status, behind.headers['Content-Range']), (416, 'bytes */700000'))
        tag = whole.headers['ETag']
        for valid, status in ((tag, 206), (whole.headers['Last-Modified'], 206), ('"other"', 200), (f'W/{tag}', 200)):
            self.assertEqual(http('GET', files + '/one.mp4', headers={'Range': 'bytes=0-9', 'If-Range': valid}).status, status, valid)
        self.assertEqual(http('GET', files + '/one.mp4', headers={'If-None-Match': tag}).status, 304)
        head = http('HEAD', files + '/one.mp4')
        self.assertEqual((head.status, head.headers['Content-Length'], head.body), (200, '700000', b''))
        for name in ('two.mp4.part', '.hidden.mp4', 'notes.txt', 'link.mp4', 'none.mp4', '..%2Frecords%2Fone.mp4', '%2e%2e/%2e%2e/etc/passwd', 'one.mp4%00.json', 'a/one.mp4'):
            self.assertIn(http('GET', f'{files}/{name}').status, (400, 404), name)
        self.assertEqual(http('GET', files + '/one.mp4.json').body, b'{}')

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
