"""A server on IPv6 alone, and on both families, with foreign phones."""
from harness import Baresip, Server, Sipp, TestCase, call_fields, eventually, fixtures, join


class Ipv6Test(TestCase):

    def check(self, transport, *options):
        server = Server(self, ip_local='::1', ip='::1')
        phone = Sipp(self, 'uas-audio.xml', ip='::1', options=options)
        server.startup(**call_fields(sipDomain='::1', sipOutboundProxy=f'sip:[::1]:{phone.port};transport={transport}', hasVideo='false'))
        server.wait_status('call-1', 'ESTABLISHED')
        eventually(lambda: '[stream room1] live' in server.log(), what='live')
        server.terminate('call-1')
        self.assertEqual(phone.wait_end(), 0)

    def test_a_call_over_udp(self):
        self.check('udp')

    def test_a_call_over_tcp(self):
        self.check('tcp', '-t', 't1')

    def test_both_families_at_once(self):
        """A phone and its viewer over IPv4, a phone over IPv6, TCP and UDP, through the same ports."""
        server = Server(self, ip_local='::', ip='', webrtc__ip='127.0.0.1')
        four = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        server.startup(**call_fields('four', 'room4', sipPort=str(four.port)))
        for transport, options in (('udp', ()), ('tcp', ('-t', 't1'))):
            six = Sipp(self, 'uas-audio.xml', ip='::1', options=options)
            server.startup(**call_fields(f'six-{transport}', f'room-{transport}', sipDomain='::1', sipOutboundProxy=f'sip:[::1]:{six.port};transport={transport}', hasVideo='false'))
            server.wait_status(f'six-{transport}', 'ESTABLISHED')
            eventually(lambda: f'[stream room-{transport}] live' in server.log(), what='live')
            server.terminate(f'six-{transport}')
            self.assertEqual(six.wait_end(), 0)
        server.wait_status('four', 'ESTABLISHED')
        [viewer] = join(self, f'http://127.0.0.1:{server.http_port}/whep/room4', '--at', 1, '--gop', 2, '--until', 4)
        self.assertIsNotNone(viewer['firstFrameMs'])
