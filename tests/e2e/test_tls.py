"""SIP over TLS with real peers: who is trusted, which connection is used, and what is said when it does not work."""
import socket

from harness import PASSWORD, Baresip, Certificates, Kamailio, Server, TestCase, call_fields, fixtures


class TlsTest(TestCase):

    def setUp(self):
        super().setUp()
        self.certificates = Certificates(self.folder / 'tls')

    def server(self, **options):
        return Server(self, **{'sip__tls__ca': self.certificates.ca, **options})

    def phone(self, **options):
        return Baresip(self, user='bob', transport='tls', cert=self.certificates.folder / 'server-all.pem', **options)

    def test_a_call_to_a_phone_over_tls_ends_from_either_side(self):
        server, phone = self.server(), self.phone()
        server.startup(**call_fields(callee=f'sips:bob@127.0.0.1:{phone.port + 1}', sipOutboundProxy=None, hasVideo='false'))
        server.wait_status('call-1', 'ESTABLISHED')
        phone.wait_event('CALL_ESTABLISHED')
        self.assertIn('SIP over TLS: 127.0.0.1', server.log())
        server.terminate('call-1')
        phone.wait_event('CALL_CLOSED')
        server.startup(**call_fields('call-2', callee=f'sip:bob@127.0.0.1:{phone.port + 1};transport=tls', stream='room2',
                                     sipOutboundProxy=None, hasVideo='false'))
        server.wait_status('call-2', 'ESTABLISHED')
        self.assertEqual(server.log().count('SIP over TLS: 127.0.0.1'), 1, 'one connection for both calls')
        phone.command('hangup')
        server.wait_status('call-2', 'FINISH')

    def test_a_proxy_that_asks_for_a_certificate_registers_and_calls(self):
        pbx = Kamailio(self, certificates=self.certificates)
        server = self.server(sip__tls__client_cert=self.certificates.folder / 'client.pem', sip__tls__client_key=self.certificates.folder / 'client.key',
                             tls__cert=self.certificates.folder / 'server.pem', tls__key=self.certificates.folder / 'server.key')
        bob = Baresip(self, 'bob', user='bob', reg=f'sip:127.0.0.1:{pbx.port}', wav=fixtures() / 'tone440.wav', **{'pass': PASSWORD})
        server.startup(**call_fields(sipOutboundProxy=f'sip:127.0.0.1:{pbx.tls_port};transport=tls', sipRegisterRequired='true', hasVideo='false'))
        server.wait_status('call-1', 'ESTABLISHED')
        self.assertIn('REGISTER sip:127.0.0.1 from sip:alice@127.0.0.1 via tls', pbx.log())
        bob.command('hangup')  # comes back to us by the proxy
        server.wait_status('call-1', 'FINISH')

    def test_the_cause_names_certificate_and_reason(self):
        phone = self.phone()
        target = f'sip:bob@127.0.0.1:{phone.port + 1};transport=tls'
        strict = Server(self)
        strict.startup(**call_fields(callee=target, sipOutboundProxy=None, hasVideo='false'))
        call = strict.wait_status('call-1', 'FAILED')
        self.assertIn('certificate of lab server refused: unable to get local issuer certificate', call['cause'])
        with socket.create_server(('127.0.0.1', 0)) as plain:
            target = f'sip:bob@127.0.0.1:{plain.getsockname()[1]};transport=tls'
            strict.startup(**call_fields('call-2', callee=target, stream='room2', sipOutboundProxy=None, hasVideo='false'))
            with plain.accept()[0] as peer:
                peer.sendall(b'SIP/2.0 400 Bad Request\r\n\r\n')
                call = strict.wait_status('call-2', 'FAILED')
        self.assertIn('the peer does not speak TLS here', call['cause'])
