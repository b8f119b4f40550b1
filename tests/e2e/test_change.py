"""A phone that changes its codecs in the midst of a call, as viewers, recordings and pushes see it."""
import json

from harness import Browser, Server, Sipp, TestCase, call_fields, eventually
from media_files import assert_clean, barcode, streams


class ChangeTest(TestCase):
    def test_sound_and_picture_go_on_with_other_codecs(self):
        records = self.folder / 'records'
        for old in records.glob('*'):
            old.unlink()
        server = Server(self, record__dir=records, url__allow_private='true')
        phone = Sipp(self, 'uas-change.xml', [('<pause milliseconds="5000"/>', '<pause milliseconds="7000"/>')])
        browser = Browser(self, server.base, secs=2)
        server.startup(**call_fields(sipPort=str(phone.port), record='true'))
        server.wait_status('call-1', 'ESTABLISHED')
        self.assertEqual(server.rest('/push/startup', {'streamName': 'room1', 'rtmpUrl': 'rtmp://127.0.0.1:9/live'}).status, 200)
        url = f'{server.base}/whep/room1'
        viewers = [{'id': 'any', 'url': url, 'video': True, 'keep': True}, {'id': 'h264', 'url': url, 'video': True, 'keep': True, 'only': 'H264'}]
        for seen in browser.look(viewers):
            self.assertIn('video/H264', seen['video'])
            self.assertIn('PCMU', seen['audio'])
            self.assertGreater(seen['frames'], 20, seen)
        server.process.wait_line('media agreed: audio PCMA, video VP8', 20)
        viewers[1]['video'] = False  # it offered no VP8
        any_codec, h264_only = browser.look(viewers)
        self.report(frames=any_codec['frames'], longest_gap_ms=any_codec['maxGapMs'])
        self.assertIn('video/VP8', any_codec['video'])
        self.assertGreater(any_codec['frames'], 20, any_codec)
        self.assertEqual((any_codec['unreadable'], any_codec['back']), (0, 0), any_codec)
        for seen in (any_codec, h264_only):
            self.assertIn('PCMA', seen['audio'])
            self.assertAlmostEqual(seen['hz'], 440, delta=20)
        self.assertIn('goes on with audio PCMA, video none: the phone sends VP8 as video now, which this viewer did not offer', server.log())
        server.process.wait_line('push ends: RTMP carries H264, and the phone sends VP8')
        server.terminate('call-1')
        self.assertEqual(phone.wait_end(), 0)
        eventually(lambda: len(list(records.glob('*.json'))) == 2, what='two recordings')
        for manifest in map(json.loads, (path.read_text() for path in records.glob('*.json'))):
            path = records / manifest['file']
            kinds = streams(path)
            self.assertEqual({kind: kinds[kind]['codec_name'] for kind in kinds},
                             {'video': 'h264', 'audio': 'aac'} if path.suffix == '.mp4' else {'video': 'vp8', 'audio': 'opus'})
            self.assertGreater(manifest['durationMs'], 1500, manifest)
            assert_clean(self, path)
            self.assertEqual(barcode(path)['unreadable'], 0)
