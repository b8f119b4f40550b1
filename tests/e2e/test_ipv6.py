"""A server on IPv6 alone, with a foreign phone."""
from harness import Server, Sipp, TestCase, call_fields, eventually


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
