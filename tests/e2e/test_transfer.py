"""Calls that go on with another phone (RFC 3515), and callers that must prove who they are (RFC 7616), with foreign peers."""
import re

from harness import PASSWORD, Baresip, Server, Sipp, TestCase, call_fields, eventually, fixtures, http


class TransferTest(TestCase):
    def start(self, **options):
        self.server = Server(self, **options)
        self.bob = Baresip(self, 'bob', user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        self.server.startup(**call_fields(sipPort=str(self.bob.port), sipOutboundProxy=''))  # so that a target's own address counts
        self.server.wait_status('call-1', 'ESTABLISHED')

    def metrics(self):
        streams = self.server.rest('/stream/find', {'name': 'room1'})
        return streams.status == 200 and streams.json()[0]['metrics']

    def transfer_status(self):
        call = self.server.find('call-1')
        return call and call['transferStatus']

    def test_the_phone_transfers_us_and_the_stream_stays(self):
        self.start(sip__refer='called', record__dir=self.folder / 'records')
        eventually(lambda: self.metrics()['frames'] > 5, what='the picture of bob')
        self.assertEqual(self.server.rest('/recorder/startup', {'mediaSessionId': 'room1'}).status, 200)
        carol = Baresip(self, 'carol', user='carol', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        self.bob.command(f'transfer sip:carol@127.0.0.1:{carol.port}')
        carol.wait_event('CALL_ESTABLISHED')
        self.bob.wait_event('CALL_CLOSED')
        before = self.metrics()
        self.assertTrue(before, 'the stream is still there')
        eventually(lambda: self.metrics()['frames'] > before['frames'] + 10, what='the picture of carol')
        call = self.server.find('call-1')
        self.assertEqual((call['status'], call['streamName'], call['transferStatus']), ('ESTABLISHED', 'room1', 'DONE'))
        self.assertIn('carol', call['target'])
        recorders = self.server.rest('/recorder/find', {'mediaSessionId': 'room1'})
        self.assertEqual(recorders.status, 200, 'the recording goes on')
        self.server.terminate('call-1')
        carol.wait_event('CALL_CLOSED')

    def test_a_transfer_that_fails_leaves_the_call_as_it_was(self):
        self.server = Server(self, sip__refer='called')
        busy = Sipp(self, 'uas-refuse.xml')
        phone = Sipp(self, 'uas-refer.xml', [('TARGET', f'sip:carol@127.0.0.1:{busy.port}')])  # baresip would hang up
        self.server.startup(**call_fields(sipPort=str(phone.port), sipOutboundProxy='', hasVideo='false'))
        eventually(lambda: self.transfer_status() == 'FAILED', what='the end of the transfer')
        self.assertEqual(busy.wait_end(), 0)
        self.assertRegex(self.server.call_log('call-1'), r'the transfer to sip:carol@.* failed: SIP 486 Busy Here; the call goes on')
        self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
        self.server.process.wait_line(r'(?s)< 200 OK \(\d+ NOTIFY\).*< 200 OK \(\d+ NOTIFY\)')
        self.server.terminate('call-1')
        self.assertEqual(phone.wait_end(), 0, phone.log()[-2500:])

    def test_nobody_transfers_us_unless_the_option_says_so(self):
        self.start()
        self.bob.command('transfer sip:carol@127.0.0.1:9')
        self.server.process.wait_line(r'> 405 Method Not Allowed \(\d+ REFER\)')

    def test_another_phone_takes_the_place_of_ours(self):
        """What an attended transfer ends with: an INVITE to us with Replaces (RFC 3891), here of SIPp."""
        self.start(sip__refer='called')
        messages = http('GET', f'{self.server.base}/v1/calls/call-1/trace').json()['messages']
        answer = next(m['text'] for m in messages if m['text'].startswith('SIP/2.0 200') and 'INVITE' in m['summary'])
        call_id = re.search(r'^Call-ID: (\S+)', answer, re.M)[1]
        tags = [re.search(rf'^{name}: .*;tag=(\S+?)\r?$', answer, re.M)[1] for name in ('From', 'To')]
        wrong, right = f'{call_id};to-tag={tags[0]};from-tag=x', f'{call_id};to-tag={tags[0]};from-tag={tags[1]}'

        def caller(replaces):
            return Sipp(self, 'uac-audio.xml', [('Max-Forwards: 70\n      Allow', f'Max-Forwards: 70\n      Replaces: {replaces}\n      Require: replaces\n      Allow')],
                        ['-s', 'room', '-d', '60000', f'127.0.0.1:{self.server.sip_port}'])
        self.assertNotEqual(caller(wrong).wait_end(), 0)
        self.server.process.wait_line(r'> 481 ')
        self.assertEqual(self.server.status('call-1'), 'ESTABLISHED')
        caller(right)
        self.bob.wait_event('CALL_CLOSED')
        self.server.process.wait_line(r'tester@.* takes the phone\'s place \(Replaces\)')
        call = self.server.find('call-1')
        self.assertEqual((call['status'], call['streamName'], call['transferStatus']), ('ESTABLISHED', 'room1', 'DONE'))
        packets = lambda: http('GET', f'{self.server.base}/v1/calls/call-1/trace').json()['media']['audio']['packets']
        before = packets()
        eventually(lambda: packets() > before + 20, what='the sound of the other phone')
        self.server.terminate('call-1')

    def test_we_transfer_the_phone_to_another_one(self):
        self.start()
        carol = Baresip(self, 'carol', user='carol', wav=fixtures() / 'tone440.wav')
        wrong = self.server.rest('/call/transfer', {'callId': 'call-1'})
        self.assertEqual((wrong.status, wrong.json()['message']), (400, 'target: is missing'))
        answer = self.server.rest('/call/transfer', {'callId': 'call-1', 'target': f'sip:carol@127.0.0.1:{carol.port}'})
        self.assertEqual((answer.status, answer.body), (200, b''))
        carol.wait_event('CALL_ESTABLISHED')
        call = self.server.wait_status('call-1', 'FINISH')
        self.assertEqual(call['transferStatus'], 'DONE')
        self.assertRegex(call['cause'], r'transferred to sip:carol@')


class CallerTest(TestCase):
    """A trunk whose callers are challenged."""

    def setUp(self):
        super().setUp()
        self.server = Server(self, sip__incoming='callee=cam* user=ali* stream=in-{callee}', sip__users=f'alice:{PASSWORD}, bob:{PASSWORD}')

    def established(self):
        calls = self.server.rest('/call/find', {'status': 'ESTABLISHED'})
        return calls.status == 200 and calls.json()[0]

    def call(self, user, password):
        phone = Baresip(self, user=user, wav=fixtures() / 'tone440.wav', **{'pass': password})
        phone.command(f'dial sip:cam1@127.0.0.1:{self.server.sip_port}')
        return phone

    def test_a_caller_with_the_right_password_is_a_stream(self):
        self.call('alice', PASSWORD)
        self.assertEqual(eventually(self.established, what='an established call')['streamName'], 'in-cam1')
        self.assertRegex(self.server.log(), r'> 401 Unauthorized')

    def test_a_wrong_password_and_another_user_are_refused(self):
        for user, password, why in (('alice', 'no-' + PASSWORD, 'wrong credentials for user alice'), ('bob', PASSWORD, 'the rule is not for user bob')):
            phone = self.call(user, password)
            self.assertIn('403', phone.wait_event('CALL_CLOSED')['param'])
            self.assertRegex(self.server.log(), re.escape(why))
            phone.stop()

    def test_sha256_is_answered_when_it_is_wanted(self):
        trunk = Server(self, name='trunk', sip__incoming='user=alice stream=in', sip__users=f'alice:{PASSWORD}', sip__challenge='sha256')
        self.server.startup(**call_fields(sipPort=str(trunk.sip_port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.assertRegex(trunk.log(), r'> 401 Unauthorized')
        self.server.terminate('call-1')

    def test_sipp_answers_the_challenge_and_the_trace_has_no_secret(self):
        caller = Sipp(self, 'uac-digest.xml', [('PASSWORD', PASSWORD)], ['-s', 'cam7', '-d', '500', f'127.0.0.1:{self.server.sip_port}'])
        self.assertEqual(caller.wait_end(), 0, caller.log()[-2000:])
        self.assertRegex(self.server.log(), r'tester@.* calls cam7')
