"""Viewers behind a bad network: what it loses on the way to them is sent again."""
import subprocess
import time

from harness import Baresip, Browser, Server, TestCase, TestPhone, call_fields, eventually, fixtures, join
from networks import BadCable


class BadNetworkTest(TestCase):
    alone = True

    def watch(self, cable, at, gop, until):
        """What a viewer at the far end of the cable sees of a phone that is deaf to requests for keyframes; seconds as in join.mjs."""
        with cable.server_side():
            server = Server(self, ip_local='0.0.0.0', ip=cable.SERVER_IP)
            phone = TestPhone(self, '--timecode', 'clock-ms', '--ignore-pli', '--gop', str(gop))
            server.startup(**call_fields(sipPort=str(phone.port)))
            server.wait_status('call-1', 'ESTABLISHED')
            epoch = phone.wait_event('established')['time_ms']
        with cable.viewer_side():
            [viewer] = join(self, f'http://{cable.SERVER_IP}:{server.http_port}/whep/room1', '--epoch', str(epoch), '--at', str(at), '--gop', str(gop), '--until', str(until))
        self.report(**viewer)
        return viewer

    def test_lost_packets_are_sent_again_and_the_picture_goes_on(self):
        viewer = self.watch(BadCable(self, 'loss=2 delay=20', 'delay=20'), at=1, gop=4, until=7)
        self.assertIsNotNone(viewer['firstFrameMs'], 'no picture')
        self.assertGreater(viewer['nack'], 0, 'nothing was lost')
        self.assertGreater(viewer['resent'], 0)
        self.assertLessEqual(viewer['received'] - viewer['decoded'], 5, 'frames without a picture')
        self.assertLessEqual(viewer['behindMs'], 500)

    def test_a_slow_link_gets_the_replay_without_a_freeze(self):
        viewer = self.watch(BadCable(self, 'rate=3000 delay=10', 'delay=10'), at=5, gop=6, until=9)
        self.assertIsNotNone(viewer['firstFrameMs'], 'no picture')
        self.assertEqual(viewer['freezes'], 0)
        self.assertLessEqual(viewer['behindMs'], 500)


class BadPhoneLegTest(TestCase):
    """The phone is behind the bad cable, the viewer beside the server."""
    alone = True

    def call(self, cable):
        long_clip = fixtures() / 'clock-v-80s.mp4'  # baresip's picture ends with its file
        if not long_clip.exists():
            subprocess.run(['ffmpeg', '-v', 'error', '-nostdin', '-stream_loop', '3', '-i', fixtures() / 'clock-v.mp4', '-c', 'copy', long_clip], check=True)
        with cable.viewer_side():
            self.phone = Baresip(self, user='bob', addr=cable.VIEWER_IP, audio='opus', video=long_clip)
        self.server = Server(self, ip_local='0.0.0.0', ip=cable.SERVER_IP)
        self.server.startup(**call_fields(sipPort=str(self.phone.port), sipDomain=cable.VIEWER_IP, sipOutboundProxy=cable.VIEWER_IP))
        self.server.wait_status('call-1', 'ESTABLISHED', timeout=20)

    def metrics(self):
        return self.server.rest('/stream/find', {'name': 'room1'}).json()[0]['metrics']

    def test_loss_jitter_and_ten_seconds_without_rtp(self):
        cable = BadCable(self, 'delay=30', 'loss=5 delay=60 jitter=30')
        with cable.server_side():
            self.call(cable)
            browser = Browser(self, self.server.base, secs=4)
            viewer = [{'id': 'one', 'url': f'{self.server.base}/whep/room1', 'video': True, 'keep': True}]
            [seen] = browser.look(viewer, timeout=60)
            metrics = self.metrics()
            self.report(frames=seen['frames'], longest_gap_ms=seen['maxGapMs'], lost=metrics['VIDEO_LOST'], dropped=metrics['framesDroppedDamaged'],
                        keyframes=metrics['VIDEO_K_FRAMES'], way=metrics['keyframeWay'], time_to_keyframe_ms=metrics['timeToKeyframe'], hz=seen['hz'])
            self.assertGreater(metrics['VIDEO_LOST'], 5, 'nothing was lost')
            self.assertLessEqual(seen['maxGapMs'], 1000, seen)
            self.assertGreater(seen['frames'], 4 * 25 * 0.4, seen)
            self.assertAlmostEqual(seen['hz'], 440, delta=20)

            cable.change('both block=1')
            time.sleep(10)
            self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
            frames = self.metrics()['frames']
            cable.change('both block=0 loss=0 jitter=0')
            unblocked = time.monotonic()
            eventually(lambda: self.metrics()['frames'] > frames, 1, 'a frame after 10 s of nothing')
            self.report(first_frame_after_ms=round((time.monotonic() - unblocked) * 1000))
            keyframes = self.metrics()['VIDEO_K_FRAMES']
            eventually(lambda: self.metrics()['VIDEO_K_FRAMES'] > keyframes, 3, 'a keyframe')
            [seen] = browser.look(viewer, timeout=60)
            self.report(frames_after=seen['frames'], unreadable=seen['unreadable'], longest_gap_ms=seen['maxGapMs'])
            self.assertGreater(seen['frames'], 4 * 25 * 0.7, seen)
            self.server.terminate('call-1')
