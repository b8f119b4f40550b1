"""A call through a real proxy to a real phone, seen in a real browser."""
from harness import PASSWORD, Baresip, Kamailio, Server, TestCase, TestPhone, call_fields, fixtures, look, tone_wav


class PbxTest(TestCase):
    """baresip registered at Kamailio, digest everywhere."""

    def setUp(self):
        super().setUp()
        self.pbx = Kamailio(self)
        self.server = Server(self)

    def phone(self, **options):
        return Baresip(self, 'bob', user='bob', reg=f'sip:127.0.0.1:{self.pbx.port}', **{'pass': PASSWORD}, **options)

    def call(self, **more):
        self.server.startup(**call_fields(sipPort=str(self.pbx.port), sipRegisterRequired='true', **more))
        return self.server.wait_status('call-1', 'ESTABLISHED')

    def check_plays(self, seen, codec='H264', frames=20):
        self.assertIn(codec, seen['stats']['video']['codec'])
        self.assertGreaterEqual(seen['watch']['n'], frames, seen['watch'])
        self.assertGreaterEqual(seen['watch']['distinctHashes'], frames - 5, 'the picture stands still')
        self.assertEqual(seen['watch']['back'], 0)
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)
        self.assertGreaterEqual(seen['tone']['heard'], 10)
        self.report(frames=seen['watch']['n'], gaps=seen['watch']['gaps'], longest_gap_ms=seen['watch']['maxGapMs'], tone_hz=seen['tone']['hz'],
                    srtp=seen['stats']['transport']['srtp'])

    def test_the_sdk_player_page_plays_a_registered_phone_until_the_call_is_terminated(self):
        bob = self.phone(wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        call = self.call()
        self.assertEqual((call['sipStatus'], call['caller'], call['callee'], call['hasAudio'], call['hasVideo']), (200, 'alice', 'bob', True, True))
        page = f'{self.server.base}/client2/examples/demo/streaming/player/player.html'
        seen = look(self, 'page', page, '--fill', f'#url={self.server.ws_url}', '--fill', '#streamName=room1', '--click', '#playBtn',
                    '--until', '#status=PLAYING', '--secs', '4', '--measure', '--click', '#playBtn', '--until', '#status=STOPPED', '--text', '#status')
        self.assertEqual(seen['text'], 'STOPPED')
        self.check_plays(seen)
        self.assertEqual(self.server.status('call-1'), 'ESTABLISHED', 'a viewer that leaves does not end the call')
        self.server.terminate('call-1')
        bob.wait_event('CALL_CLOSED', 3)
        self.assertIn('BYE sip:', self.pbx.log())
        self.assertIsNone(self.server.find('call-1'))

    def test_the_own_page_and_a_whep_client_play_it(self):
        self.phone(wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        self.call()
        self.check_plays(look(self, 'page', f'{self.server.base}/player?stream=room1', '--secs', '4'))
        seen = look(self, 'whep', f'{self.server.base}/whep/room1', '--secs', '3')
        self.check_plays(seen, frames=15)
        self.assertEqual(seen['deleted'], 200)

    def test_vp8_and_opus_pass_through(self):
        self.phone(audio='opus', vcodec='vp8', video=fixtures() / 'clock-v.mp4')
        self.call()
        seen = look(self, 'whep', f'{self.server.base}/whep/room1', '--secs', '3')
        self.check_plays(seen, codec='VP8', frames=15)
        self.assertIn('opus', seen['stats']['audio']['codec'])

    def test_g722_passes_through(self):
        self.phone(audio='g722', wav=tone_wav(16000), video=fixtures() / 'clock-v.mp4')
        self.call()
        seen = look(self, 'whep', f'{self.server.base}/whep/room1', '--secs', '3')
        self.check_plays(seen, frames=15)
        self.assertIn('G722', seen['stats']['audio']['codec'])

    def test_a_phone_without_video_is_heard(self):
        self.phone(audio='pcma', wav=fixtures() / 'tone440.wav')
        self.call()
        seen = look(self, 'whep', f'{self.server.base}/whep/room1', '--sound-only')
        self.assertIn('PCMA', seen['stats']['audio']['codec'])
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)


class LiveTest(TestCase):
    """Our own phone, which stamps picture and sound from one clock and begins at random RTP timestamps."""
    alone = True

    def play(self, *phone_options, check):
        server = Server(self)
        phone = TestPhone(self, *phone_options)
        server.startup(**call_fields(sipPort=str(phone.port)))
        server.wait_status('call-1', 'ESTABLISHED')
        return look(self, 'whep', f'{server.base}/whep/room1', *check)

    def test_the_picture_is_live(self):
        seen = self.play('--timecode', 'clock-ms', check=['--latency', '--secs', '4'])
        self.report(behind_ms=seen['latency'])
        self.assertGreater(seen['latency']['n'], 20)
        self.assertLessEqual(seen['latency']['medianMs'], 1000)

    def test_a_closed_tab_is_noticed(self):
        server = Server(self)
        phone = TestPhone(self)
        server.startup(**call_fields(sipPort=str(phone.port)))
        server.wait_status('call-1', 'ESTABLISHED')
        look(self, 'whep', f'{server.base}/whep/room1', '--secs', '1', '--leave', '6')
        self.assertIn('ended: Closed by peer', server.log())

    def test_sound_and_picture_are_in_step(self):
        server = Server(self)
        phone = TestPhone(self, '--sound', 'beep')
        server.startup(**call_fields(sipPort=str(phone.port)))
        server.wait_status('call-1', 'ESTABLISHED')
        for _ in range(3):  # a browser that is short of CPU plays sound late: one of three must be in step
            seen = look(self, 'whep', f'{server.base}/whep/room1', '--avsync', '--secs', '8')
            self.report(sound_after_picture_ms=seen['avsync'], browser_says_ms=seen['stats'].get('avPlayoutMs'))
            self.assertGreaterEqual(min(seen['avsync']['flashes'], seen['avsync']['beeps']), 5)
            if abs(seen['avsync']['medianMs']) <= 100:
                break
        self.assertLessEqual(abs(seen['avsync']['medianMs']), 100)
