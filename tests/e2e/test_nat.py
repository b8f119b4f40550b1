"""A phone behind a NAT of its own, by a relay that gives it other addresses; and a server that is known by another address than it has."""
import re
import select
import socket
import threading

from harness import Baresip, Server, TestCase, call_fields, eventually, fixtures


class Nat:
    """Stands between the server and one phone. Messages and audio pass, but the phone's SDP names an address that nobody can reach, as that of a
    phone behind NAT does; where its packets come from is the relay's outer port alone, which rebind() changes."""

    def __init__(self, test, phone_port):
        self.sip_outer, self.sip_inner, self.rtp_inner, self.rtp_outer = (self._socket() for _ in range(4))
        self.port = self.sip_outer.getsockname()[1]
        self.phone_sip, self.phone_rtp, self.server_sip, self.server_rtp = ('127.0.0.1', phone_port), None, None, None
        self.to_phone = self.to_server = 0
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        test.addCleanup(self._stop)

    @staticmethod
    def _socket():
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(('127.0.0.1', 0))
        return made

    def _stop(self):
        self.stopped.set()
        self.thread.join()
        for each in (self.sip_outer, self.sip_inner, self.rtp_inner, self.rtp_outer):
            each.close()

    def rebind(self):
        """The NAT forgets, and gives the phone's audio another outer port."""
        self.to_phone = 0
        self.rtp_outer = self._socket()  # the old one goes with its last reference

    @staticmethod
    def _with_sdp(message, ip, port):
        """The message with other addresses in its SDP, and the port of audio that was there."""
        head, _, body = message.partition(b'\r\n\r\n')
        if not body:
            return message, None
        old = int(re.search(rb'm=audio (\d+)', body)[1])
        body = re.sub(rb'c=IN IP4 \S+', b'c=IN IP4 ' + ip.encode(), re.sub(rb'm=audio \d+', b'm=audio %d' % port, body))
        return re.sub(rb'Content-Length: *\d+', b'Content-Length: %d' % len(body), head, flags=re.I) + b'\r\n\r\n' + body, old

    def _run(self):
        while not self.stopped.is_set():
            outer = self.rtp_outer
            for ready in select.select([self.sip_outer, self.sip_inner, self.rtp_inner, outer], [], [], 0.05)[0]:
                data, peer = ready.recvfrom(65536)
                if ready is self.sip_outer:
                    self.server_sip = peer
                    data, port = self._with_sdp(data, '127.0.0.1', self.rtp_inner.getsockname()[1])
                    self.server_rtp = ('127.0.0.1', port) if port else self.server_rtp
                    self.sip_inner.sendto(data, self.phone_sip)
                elif ready is self.sip_inner:
                    data, port = self._with_sdp(data, '127.9.9.9', 4000)
                    self.phone_rtp = ('127.0.0.1', port) if port else self.phone_rtp
                    self.sip_outer.sendto(data, self.server_sip)
                elif ready is self.rtp_inner:
                    self.to_server += 1
                    outer.sendto(data, self.server_rtp)
                elif self.phone_rtp:
                    self.to_phone += 1
                    self.rtp_inner.sendto(data, self.phone_rtp)


class NatTest(TestCase):

    def test_a_phone_behind_nat_is_heard_and_hears_also_when_its_binding_changes(self):
        phone = Baresip(self, wav=fixtures() / 'tone440.wav')
        nat = Nat(self, phone.port)
        server = Server(self, sip__udp_max=65000)
        server.startup(**call_fields(callee='peer', sipPort=str(nat.port), hasVideo='false'))
        server.wait_status('call-1', 'ESTABLISHED')
        eventually(lambda: '[stream room1] live' in server.log(), what='live')
        eventually(lambda: nat.to_phone > 20, what='audio at the phone')
        nat.rebind()
        eventually(lambda: nat.to_phone > 20, what='audio at the phone behind its new port')
        server.terminate('call-1')
        phone.wait_event('CALL_CLOSED')

    def test_peers_are_told_the_public_address(self):
        phone = Baresip(self, wav=fixtures() / 'tone440.wav', trace=1)
        server = Server(self, ip_local='0.0.0.0', sip__ip='127.0.0.2')
        server.startup(**call_fields(callee='peer', sipPort=str(phone.port), hasVideo='false'))
        server.wait_status('call-1', 'ESTABLISHED')
        eventually(lambda: '[stream room1] live' in server.log(), what='live')
        self.assertIn(f'Contact: <sip:alice@127.0.0.2:{server.sip_port}>', phone.log())
        self.assertIn('c=IN IP4 127.0.0.2', phone.log())
        phone.command('hangup')  # goes to that address
        server.wait_status('call-1', 'FINISH')


class Registrar:
    """A registrar that answers every REGISTER with 200, and STUN with the address that `seen` says; calls get no answer."""

    def __init__(self, test):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.port = self.socket.getsockname()[1]
        self.registers, self.removals, self.line_ends, self.pings, self.seen, self.calls = 0, 0, 0, 0, 1000, set()
        threading.Thread(target=self._run, daemon=True).start()
        test.addCleanup(self.socket.close)

    def _run(self):
        while True:
            try:
                data, peer = self.socket.recvfrom(65536)
            except OSError:
                return
            if data == b'\r\n\r\n':
                self.line_ends += 1
            elif data[:2] == b'\0\1':
                self.pings += 1
                mapped = (self.seen ^ 0x2112).to_bytes(2, 'big') + bytes(a ^ b for a, b in zip(socket.inet_aton('192.0.2.1'), b'\x21\x12\xa4\x42'))
                self.socket.sendto(b'\1\1\0\x0c' + data[4:20] + b'\0\x20\0\x08\0\1' + mapped, peer)
            elif data.startswith(b'REGISTER'):
                self.removals += b'\r\nExpires: 0\r\n' in data
                self.registers += b'\r\nExpires: 0\r\n' not in data
                kept = [line for line in data.split(b'\r\n') if re.match(rb'(Via|From|To|Call-ID|CSeq|Contact):', line)]
                self.socket.sendto(b'\r\n'.join([b'SIP/2.0 200 OK', *kept, b'Expires: 600', b'Content-Length: 0', b'', b'']), peer)
            elif data.startswith(b'INVITE'):
                self.calls.add(re.search(rb'Call-ID: (\S+)', data)[1])


class RegistrationTest(TestCase):

    def hold(self, registrar, **options):
        server = Server(self, sip__keep_alive_interval='200ms', **options)
        server.startup(**call_fields(sipPort=str(registrar.port), sipRegisterRequired='true', hasVideo='false'))
        eventually(lambda: registrar.registers, what='REGISTER')
        return server

    def test_calls_of_one_account_share_a_registration_which_the_last_one_takes_back(self):
        registrar = Registrar(self)
        server = self.hold(registrar)
        server.startup(**call_fields('call-2', 'room2', sipPort=str(registrar.port), sipRegisterRequired='true', hasVideo='false'))
        eventually(lambda: len(registrar.calls) == 2, what='two calls')
        server.terminate('call-1')
        server.startup(**call_fields('call-3', 'room3', sipPort=str(registrar.port), sipRegisterRequired='true', hasVideo='false'))
        eventually(lambda: len(registrar.calls) == 3, what='a third call')
        self.assertEqual((registrar.registers, registrar.removals), (1, 0))
        server.terminate('call-2')
        server.terminate('call-3')
        eventually(lambda: registrar.removals == 1, what='REGISTER with Expires 0')

    def test_line_ends_keep_the_way_to_the_registrar_open(self):
        registrar = Registrar(self)
        self.hold(registrar)
        eventually(lambda: registrar.line_ends > 3, what='keep-alives')

    def test_a_nat_that_gives_another_port_makes_the_account_register_again(self):
        registrar = Registrar(self)
        server = self.hold(registrar, sip__keep_alive='stun')
        eventually(lambda: registrar.pings > 2, what='STUN')
        registrar.seen = 1001
        eventually(lambda: 'sees us at another address now: registering again' in server.log(), what='log')
        self.assertEqual(registrar.line_ends, 0)
