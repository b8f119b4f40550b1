"""Moments of a call that a phone meets rarely: offers that cross, late offers, CANCEL at each moment, media that move."""
import socket
import struct

from harness import Server, Sipp, TestCase, call_fields, eventually


class MomentTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self)

    def call(self, peer):
        self.server.startup(**call_fields(sipPort=str(peer.port), hasVideo='false'))

    def ends_well(self, peer, timeout=10):
        self.assertEqual(peer.wait_end(timeout), 0, peer.log()[-2500:])

    def test_offers_that_cross_are_refused_and_made_again(self):
        peer = Sipp(self, 'uas-glare.xml')
        self.call(peer)
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.rest('/call/hold', {'callId': 'call-1'})
        self.server.process.wait_line(r'(?s)> 491 .*< 491 .*media agreed.*media agreed')  # theirs, then ours
        self.assertEqual(self.server.status('call-1'), 'HOLD')
        self.server.terminate('call-1')
        self.ends_well(peer)

    def test_hold_resume_and_a_late_offer_of_the_phone(self):
        peer = Sipp(self, 'uas-hold.xml', [('"4000"', '"700"'), ('"2000"', '"300"')])
        self.call(peer)
        self.server.wait_status('call-1', 'HOLD')
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.process.wait_line(r'(?s)(media agreed.*){4}')  # the answer, hold, resume, and the one in the last ACK
        self.server.terminate('call-1')
        self.ends_well(peer)

    def test_a_longer_session_timer_is_agreed_to(self):
        peer = Sipp(self, 'uas-422.xml')
        self.call(peer)
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.terminate('call-1')
        self.ends_well(peer)

    def test_media_that_move_by_reinvite_are_followed(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as media:
            media.bind(('127.0.0.2', 0))
            media.settimeout(10)
            peer = Sipp(self, 'uas-moves.xml', [('MOVED_IP', '127.0.0.2'), ('MOVED_PORT', str(media.getsockname()[1]))])
            self.call(peer)
            self.server.wait_status('call-1', 'ESTABLISHED')
            packet, us = media.recvfrom(2000)  # what we send goes there now
            self.assertEqual((packet[0] >> 6, packet[1] & 0x7f), (2, 0), 'RTP with PCMU')

            def heard():
                for _ in range(10):
                    heard.sequence += 1
                    media.sendto(struct.pack('>BBHII', 0x80, 0, heard.sequence, heard.sequence * 160, 77) + bytes(160), us)
                stream = self.server.rest('/stream/find', {'name': 'room1'})
                return stream.status == 200 and stream.json()[0]['status'] == 'PUBLISHING'
            heard.sequence = 0
            eventually(heard, what='RTP from the new address is taken')
            self.server.terminate('call-1')
            self.ends_well(peer)

    def test_cancel_at_each_moment(self):
        ringing = '  <send><![CDATA[\n      SIP/2.0 180 Ringing'
        moments = {  # status at which we give up; what the peer does
            'TRYING': ('uas-noanswer.xml', [(ringing, '  <pause milliseconds="900"/>\n' + ringing.replace('180 Ringing', '100 Trying'))]),
            'RING': ('uas-noanswer.xml', []),
            'SESSION_PROGRESS': ('uas-noanswer.xml', [('180 Ringing', '183 Session Progress')]),
            'RING, and it is answered': ('uas-cancel-answered.xml', []),
        }
        for moment, (scenario, changes) in moments.items():
            with self.subTest(moment):
                peer = Sipp(self, scenario, changes)
                self.call(peer)
                self.server.wait_status('call-1', moment.split(',')[0])
                self.server.terminate('call-1')
                self.ends_well(peer)
