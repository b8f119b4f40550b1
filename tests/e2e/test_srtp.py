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

    def seen_and_heard(self, server, stream):
        seen = look(self, 'whep', f'{server.base}/whep/{stream}', '--secs', '2')
        self.assertGreaterEqual(seen['watch']['n'], 20)
        self.assertEqual(seen['watch']['unreadable'], 0)
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)
        log = server.log()
        for kind in ('audio', 'video'):
            self.assertIn(f'[stream {stream}] {kind} is secured by DTLS-SRTP', log)

    def test_dtls_is_offered_and_hold_keeps_its_keys(self):
        server = Server(self, sip__srtp='dtls')
        phone = self.phone(menc='dtls_srtp', user='peer', video=fixtures() / 'clock-v.mp4', trace=1)
        self.call(server, phone)
        server.wait_status('call-1', 'ESTABLISHED')
        self.seen_and_heard(server, 'room1')
        self.assertRegex(phone.log(), r'm=audio \d+ UDP/TLS/RTP/SAVP')
        phone.command('hold')
        server.wait_status('call-1', 'HOLD')
        phone.command('resume')
        server.wait_status('call-1', 'ESTABLISHED')
        frames = lambda: server.rest('/stream/find', {'name': 'room1'}).json()[0]['metrics']['VIDEO_K_FRAMES']
        before = frames()
        eventually(lambda: frames() > before, what='a keyframe after the hold')

    def test_a_phone_that_offers_dtls_is_answered(self):
        server = Server(self, sip__srtp='optional', sip__incoming='callee=* stream={callee}')
        phone = self.phone(menc='dtls_srtp', video=fixtures() / 'clock-v.mp4')
        phone.command(f'dial sip:room1@127.0.0.1:{server.sip_port}')
        eventually(lambda: server.rest('/call/find', {'status': 'ESTABLISHED'}).status == 200, what='an established call')
        self.seen_and_heard(server, 'room1')

    def test_a_phone_without_srtp_is_refused_where_it_is_required(self):
        server = Server(self, sip__srtp='required')
        self.call(server, self.phone(), hasVideo='false')
        call = server.wait_status('call-1', 'FAILED')
        self.assertIn('488', call['cause'])
