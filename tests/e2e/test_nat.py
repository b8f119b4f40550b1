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
