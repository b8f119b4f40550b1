"""Calls that fail: the right status, a cause in plain words, and everything free again.

The server has the ports of exactly one call with audio and video, and each case runs twice with the same id and stream name: a leak of any of them
would refuse the second."""
import contextlib
import os
import socket

from harness import PASSWORD, Baresip, Kamailio, Server, Sipp, TestCase, TestPhone, call_fields, eventually, fixtures


class FailureTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self, calls=1)

    def assert_cause(self, pattern):
        self.assertRegex(self.server.call_log('call-1'), pattern)

    def media_ports(self):
        """UDP ports that the server has bound in its range for phones."""
        pid = self.server.process.popen.pid
        inodes = set()
        for entry in os.scandir(f'/proc/{pid}/fd'):
            with contextlib.suppress(OSError):
                inodes.add(os.readlink(entry.path))
        first, last = self.server.options['media_port_from'], self.server.options['media_port_to']
        ports = set()
        for line in open(f'/proc/{pid}/net/udp').readlines()[1:]:
            fields = line.split()
            port = int(fields[1].rsplit(':', 1)[1], 16)
            if first <= port <= last and f'socket:[{fields[9]}]' in inodes:
                ports.add(port)
        return ports

    def assert_all_free(self):
        eventually(lambda: not self.media_ports(), 3, 'all media ports closed')
        self.make_a_good_call()
        eventually(lambda: not self.media_ports(), 3, 'all media ports closed again')

    def make_a_good_call(self):
        """A whole good call with the same id and name, and the only ports that there are."""
        phone = TestPhone(self, name='good-phone')
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.assertEqual(len(self.media_ports()), 4, 'RTP and RTCP of audio and video')
        self.server.terminate('call-1')
        self.assertIsNone(self.server.find('call-1'))
        self.assertEqual(self.server.rest('/call/find', {'status': 'ESTABLISHED'}).status, 404)

    def refused(self, code, reason, status):
        for _ in range(2):
            peer = Sipp(self, 'uas-refuse.xml', [('486 Busy Here', f'{code} {reason}')])
            self.server.startup(**call_fields(sipPort=str(peer.port)))
            call = self.server.wait_status('call-1', 'BUSY', 'FAILED', 'FINISH')
            self.assertEqual((call['status'], call['sipStatus']), (status, code))
            self.assertEqual(peer.wait_end(), 0, 'our ACK')
        self.assert_cause(str(code))
        self.assert_all_free()

    def test_busy_is_busy(self):
        self.refused(486, 'Busy Here', 'BUSY')

    def test_decline_is_failed(self):
        self.refused(603, 'Decline', 'FAILED')

    def test_a_call_that_nobody_answers_is_cancelled(self):
        for _ in range(2):
            peer = Sipp(self, 'uas-noanswer.xml')
            self.server.startup(**call_fields(sipPort=str(peer.port)))
            self.server.wait_status('call-1', 'RING')
            self.server.terminate('call-1')
            self.assertIsNone(self.server.find('call-1'))
            self.assertEqual(peer.wait_end(), 0, 'CANCEL and ACK as in RFC 3261')
        self.assert_all_free()

    def test_a_wrong_password_is_failed(self):
        pbx = Kamailio(self)
        for register in ('true', 'false'):
            self.server.startup(**call_fields(sipPort=str(pbx.port), sipRegisterRequired=register, sipPassword='not-' + PASSWORD))
            call = self.server.wait_status('call-1', 'BUSY', 'FAILED', 'FINISH')
            self.assertEqual(call['status'], 'FAILED')
            self.assertIn(call['sipStatus'], (401, 403, 407))
        self.assert_cause(r'(?i)password|credentials|authenti')
        self.assert_all_free()

    def test_a_user_who_is_not_there_is_failed(self):
        pbx = Kamailio(self)
        self.server.startup(**call_fields(callee='nobody', sipPort=str(pbx.port)))
        call = self.server.wait_status('call-1', 'BUSY', 'FAILED', 'FINISH')
        self.assertEqual((call['status'], call['sipStatus']), ('FAILED', 404))
        self.assert_all_free()

    def test_an_unknown_host_is_failed(self):
        for _ in range(2):
            self.server.startup(**call_fields(sipDomain='phone.invalid', sipOutboundProxy='phone.invalid'))
            call = self.server.wait_status('call-1', 'BUSY', 'FAILED', 'FINISH', timeout=30)
            self.assertEqual(call['status'], 'FAILED')
        self.assert_cause('phone.invalid')
        self.assert_all_free()

    def test_the_far_side_hangs_up(self):
        for _ in range(2):
            peer = Sipp(self, 'uas-bye.xml', options=['-d', '1500'])
            self.server.startup(**call_fields(sipPort=str(peer.port), hasVideo='false'))
            self.server.wait_status('call-1', 'ESTABLISHED')
            call = self.server.wait_status('call-1', 'FINISH', timeout=5)
            self.assertEqual(call['sipStatus'], 200)
            self.assertEqual(peer.wait_end(), 0, '200 to its BYE')
        self.server.wait_status('call-1', None, timeout=8)  # call_linger
        self.assert_all_free()

    def test_a_phone_that_answers_and_sends_nothing_is_named_in_the_log(self):
        phone = TestPhone(self, '--no-rtp')
        for _ in range(2):
            self.server.startup(**call_fields(sipPort=str(phone.port)))
            self.server.wait_status('call-1', 'ESTABLISHED')
            before = self.server.call_log('call-1').count('no RTP')
            eventually(lambda: self.server.call_log('call-1').count('no RTP') > before, 12, 'a line that says that no RTP came')
            self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
            self.server.terminate('call-1')
        self.assert_all_free()

    def test_a_phone_that_never_says_a_word_can_be_given_up(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
            deaf.bind(('127.0.0.1', 0))
            for _ in range(2):
                self.server.startup(**call_fields(sipPort=str(deaf.getsockname()[1])))
                eventually(lambda: self.server.status('call-1') in ('PENDING', 'TRYING'), 3, 'the call is found')
                self.server.terminate('call-1')
                self.assertIsNone(self.server.find('call-1'))
        self.assert_all_free()

    def test_no_ports_left_is_said_and_passes(self):
        first = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(first.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.startup(**call_fields('call-2', 'room2', sipPort=str(first.port)))
        self.assertEqual(self.server.wait_status('call-2', 'FAILED', 'ESTABLISHED')['status'], 'FAILED')
        self.assertRegex(self.server.call_log('call-2'), r'(?i)port')
        self.server.terminate('call-1')
        self.assert_all_free()


class ForeignPhoneTest(TestCase):
    def test_a_phone_hangs_up_while_somebody_watches(self):
        server = Server(self)
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        server.startup(**call_fields(sipPort=str(phone.port)))
        server.wait_status('call-1', 'ESTABLISHED')
        phone.command('hangup')
        server.wait_status('call-1', 'FINISH', timeout=3)
