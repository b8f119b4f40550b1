"""SDES-SRTP on the phone's leg, with a phone that has its own SRTP."""
from harness import Baresip, Server, TestCase, call_fields, eventually, fixtures, look


class SrtpTest(TestCase):

    def call(self, server, phone, **more):
        server.startup(**call_fields(sipPort=str(phone.port), callee='peer', **more))

    def phone(self, name='phone', **options):
        return Baresip(self, name, wav=fixtures() / 'tone440.wav', **options)

    def test_what_is_required_is_seen_and_heard_and_no_key_is_logged(self):
        server = Server(self, sip__srtp='required')
        phone = self.phone(menc='srtp-mand', video=fixtures() / 'clock-v.mp4', trace=1)
        self.call(server, phone)
        server.wait_status('call-1', 'ESTABLISHED')
        seen = look(self, 'whep', f'{server.base}/whep/room1', '--secs', '3')
        self.assertGreaterEqual(seen['watch']['n'], 30)
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)
        self.assertRegex(phone.log(), r'm=audio \d+ RTP/SAVP')
        keys = [line.split('inline:')[1][:20] for line in phone.log().splitlines() if 'inline:' in line]
        self.assertGreaterEqual(len(keys), 3)
        for key in keys:
            self.assertNotIn(key, server.log())

    def test_optional_takes_both_kinds_of_phones(self):
        server = Server(self, sip__srtp='optional')
        for number, (menc, what) in enumerate((('srtp', ' (SRTP)'), ('', ','))):
            phone = self.phone(f'phone-{number}', menc=menc)
            self.call(server, phone, hasVideo='false', callId=f'call-{number}', toStream=f'room{number}')
            server.wait_status(f'call-{number}', 'ESTABLISHED')
            eventually(lambda: f'audio PCMU{what}' in server.call_log(f'call-{number}'), what=f'PCMU{what} in the log')
            eventually(lambda: f'[stream room{number}] live' in server.log(), what='live')

    def test_a_phone_without_srtp_is_refused_where_it_is_required(self):
        server = Server(self, sip__srtp='required')
        self.call(server, self.phone(), hasVideo='false')
        call = server.wait_status('call-1', 'FAILED')
        self.assertIn('488', call['cause'])
