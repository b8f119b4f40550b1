"""Viewers behind a bad network: what it loses on the way to them is sent again."""
from harness import Server, TestCase, TestPhone, call_fields, join
from networks import BadCable


class BadNetworkTest(TestCase):
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
