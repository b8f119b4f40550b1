"""Where a SIP server is found by DNS (RFC 3263), what happens when one of several does not work, and requests that are too large for UDP."""
import socket

from harness import Baresip, Certificates, NameServer, Server, TestCase, call_fields, free_ports


class DnsTest(TestCase):

    def call(self, server, call_id='call-1', status='ESTABLISHED', **more):
        server.startup(**call_fields(call_id, call_id, callee='peer', hasVideo='false',
                                     **{'sipDomain': 'pbx.lab', 'sipOutboundProxy': None, 'sipPort': None, **more}))
        return server.wait_status(call_id, status, *(() if status == 'FAILED' else ('FAILED',)))

    def test_naptr_chooses_tls_and_the_certificate_is_for_the_domain(self):
        certificates = Certificates(self.folder / 'tls')
        phone = Baresip(self, cert=certificates.folder / 'server-all.pem')
        dns = NameServer(self, {
            ('pbx.lab', 'NAPTR'): [(10, 10, 'SIPS+D2T', '_sips._tcp.pbx.lab'), (20, 10, 'SIP+D2U', '_sip._udp.pbx.lab')],
            ('_sips._tcp.pbx.lab', 'SRV'): [(1, 1, phone.port + 1, 'host.lab')],
            ('_sip._udp.pbx.lab', 'SRV'): [(1, 1, phone.port, 'host.lab')],
            ('host.lab', 'A'): ['127.0.0.1']})
        server = Server(self, dns__servers=dns.address, sip__tls__ca=certificates.ca)
        self.assertEqual(self.call(server)['status'], 'ESTABLISHED')
        self.assertIn('SIP over TLS: 127.0.0.1', server.log())
        server.terminate('call-1')
        phone.wait_event('CALL_CLOSED')

    def test_the_next_server_is_tried_when_one_is_silent_or_refuses(self):
        phone = Baresip(self)
        silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # takes and does not answer
        silent.bind(('127.0.0.1', 0))
        self.addCleanup(silent.close)
        dns = NameServer(self, {
            ('_sip._udp.pbx.lab', 'SRV'): [(1, 1, silent.getsockname()[1], 'host.lab'), (2, 1, phone.port, 'host.lab')],
            ('_sip._tcp.tcp.lab', 'SRV'): [(1, 1, free_ports(), 'host.lab'), (2, 1, phone.port, 'host.lab')],
            ('host.lab', 'A'): ['127.0.0.1']})
        server = Server(self, dns__servers=dns.address)
        self.assertEqual(self.call(server)['status'], 'ESTABLISHED')
        self.assertRegex(server.log(), r'pbx.lab at 127.0.0.1:\d+ failed: trying 127.0.0.1:%d' % phone.port)
        server.terminate('call-1')
        self.assertEqual(self.call(server, 'call-2', sipDomain='tcp.lab', sipOutboundProxy='sip:tcp.lab;transport=tcp')['status'], 'ESTABLISHED')

    def test_a_name_that_is_not_there_is_named(self):
        server = Server(self, dns__servers=NameServer(self, {}).address)
        self.assertEqual(self.call(server, status='FAILED')['cause'], 'no address of pbx.lab: Domain name not found')

    def test_a_large_invite_goes_over_tcp_or_else_over_udp(self):
        phone = Baresip(self)
        server = Server(self, sip__udp_max=500)
        direct = {'sipDomain': '127.0.0.1', 'sipPort': str(phone.port)}
        self.assertEqual(self.call(server, **direct)['status'], 'ESTABLISHED')
        self.assertRegex(server.log(), r'INVITE of \d+ bytes goes over TCP')
        self.assertNotIn('after all', server.log())
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp_only:
            udp_only.bind(('127.0.0.1', 0))
            udp_only.settimeout(10)
            direct['sipPort'] = str(udp_only.getsockname()[1])
            server.startup(**call_fields('call-2', 'call-2', callee='peer', sipOutboundProxy=None, **direct))
            self.assertIn(b'SIP/2.0/UDP', udp_only.recv(5000).split(b'\r\n')[1])
        server.terminate('call-2')
