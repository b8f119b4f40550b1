"""The REST API to the letter of the reference: methods, bodies, codes, headers."""
import json

from harness import PASSWORD, Server, Sipp, TestCase, TestPhone, call_fields, http


class RestTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self, call_linger=1)

    def ringing(self, call_id='call-1', stream='room1', **more):
        """A call that rings."""
        peer = Sipp(self, 'uas-noanswer.xml')
        self.server.startup(**call_fields(call_id, stream, sipPort=str(peer.port), **more))
        self.server.wait_status(call_id, 'RING')
        return peer

    def test_a_wrong_field_is_a_400_that_names_it(self):
        good = call_fields()
        cases = [
            ('callee', {'callee': ''}), ('callee', {'callee': None}), ('sipLogin', {'sipLogin': ''}), ('sipDomain', {'sipDomain': ''}),
            ('sipPort', {'sipPort': 'x'}), ('sipPort', {'sipPort': '70000'}), ('sipPort', {'sipPort': -1}), ('hasAudio', {'hasAudio': 'maybe'}),
            ('hasVideo', {'hasVideo': 2}), ('sipRegisterRequired', {'sipRegisterRequired': 'no'}), ('callId', {'callId': ['a']}),
            ('toStream', {'toStream': 'x' * 5000}), ('callee', {'callee': 'bob\r\nX-Evil: 1'}), ('visibleName', {'visibleName': {'a': 1}}),
        ]
        for field, change in cases:
            with self.subTest(change=change):
                answer = self.server.rest('/call/startup', {**good, **change})
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(field, json.dumps(answer.json()))
        for missing in ('callee', 'sipLogin', 'sipDomain'):
            with self.subTest(missing=missing):
                answer = self.server.rest('/call/startup', {k: v for k, v in good.items() if k != missing})
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(missing, json.dumps(answer.json()))
        self.assertEqual(self.server.rest('/call/find_all').status, 404, 'none of these is a call')

    def test_bodies_that_are_not_a_json_object_are_a_400(self):
        for body in (b'', b'{', b'[]', b'"x"', b'{"callId":"a"', b'\xff\xfe', b'[' * 3000):
            with self.subTest(body=body[:20]):
                answer = http('POST', self.server.base + '/rest-api/call/startup', body, {'Content-Type': 'application/json'})
                self.assertEqual(answer.status, 400, answer)
                answer.json()
        answer = http('POST', self.server.base + '/rest-api/call/startup', b'{"x":"' + b'a' * 70000 + b'"}', {'Content-Type': 'application/json'})
        self.assertEqual(answer.status, 413, answer)

    def test_nothing_found_is_a_404(self):
        for path in ('/call/find', '/call/terminate'):
            with self.subTest(path=path):
                self.assertEqual(self.server.rest(path, {'callId': 'nobody'}).status, 404)
        for method in ('GET', 'POST'):
            self.assertEqual(self.server.rest('/call/find_all', method=method).status, 404)
        self.assertEqual(self.server.rest('/no/such/thing').status, 404)

    def test_what_is_taken_is_a_409(self):
        self.ringing()
        same_id = self.server.rest('/call/startup', call_fields('call-1', 'other'))
        same_stream = self.server.rest('/call/startup', call_fields('call-2', 'room1'))
        self.assertEqual((same_id.status, same_stream.status), (409, 409))
        self.assertIn('callId', json.dumps(same_id.json()))
        self.assertIn('toStream', json.dumps(same_stream.json()))
        self.server.terminate('call-1')
        self.ringing()  # both are free at once

    def test_booleans_and_ports_may_be_strings_or_themselves_and_replies_have_real_booleans(self):
        for number, (audio, video, register, port) in enumerate([('true', 'false', 'false', str), ('TRUE', 'False', 'FALSE', int), (True, False, False, int),
                                                                 (None, None, 'false', str)]):
            with self.subTest(audio=audio, video=video):
                peer = Sipp(self, 'uas-noanswer.xml')
                call_id = f'call-{number}'
                self.server.startup(**call_fields(call_id, f'room{number}', hasAudio=audio, hasVideo=video, sipRegisterRequired=register, sipPort=port(peer.port),
                                                  unknownField={'a': [1, 2]}))
                call = self.server.wait_status(call_id, 'RING')
                self.assertIs(call['hasAudio'], True)
                self.assertIs(call['hasVideo'], False)
                self.assertIs(call['incoming'], False)
                self.server.terminate(call_id)

    def test_the_call_object_has_the_documented_fields_and_no_secret(self):
        self.ringing(visibleName='Alice')
        answer = self.server.rest('/call/find', {'callId': 'call-1'})
        self.assertIn('application/json', answer.headers['Content-Type'])
        [call] = answer.json()
        for field in ('custom nodeId appKey sessionId callId parentCallId incoming status sipStatus rtmpUrl rtmpStream streamName rtmpStreamStatus caller callee '
                      'hasAudio hasVideo sdp visibleName inviteParameters mediaProvider sipMessageRaw isMsrp target holdForTransfer').split():
            self.assertIn(field, call)
        self.assertEqual((call['callId'], call['streamName'], call['caller'], call['callee'], call['visibleName'], call['status'], call['sipStatus']),
                         ('call-1', 'room1', 'alice', 'bob', 'Alice', 'RING', 180))
        self.assertNotIn(PASSWORD.encode(), answer.body)

    def test_find_filters_by_all_that_is_given(self):
        self.ringing('call-1', 'room1')
        self.ringing('call-2', 'room2', callee='carol')

        def found(**filters):
            answer = self.server.rest('/call/find', filters)
            return sorted(c['callId'] for c in answer.json()) if answer.status == 200 else answer.status
        self.assertEqual(found(status='RING'), ['call-1', 'call-2'])
        self.assertEqual(found(status='RING', callee='carol'), ['call-2'])
        self.assertEqual(found(callee='carol', callId=None), ['call-2'])
        self.assertEqual(found(callId='call-1', callee='carol'), 404)
        self.assertEqual(found(status='ESTABLISHED'), 404)
        for method in ('GET', 'POST'):
            self.assertEqual(len(self.server.rest('/call/find_all', method=method).json()), 2)

    def test_a_call_that_ended_by_itself_stays_for_call_linger_and_its_names_are_free_at_once(self):
        peer = Sipp(self, 'uas-refuse.xml')
        self.server.startup(**call_fields(sipPort=str(peer.port)))
        self.server.wait_status('call-1', 'BUSY')
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.terminate('call-1')
        peer = Sipp(self, 'uas-refuse.xml')
        self.server.startup(**call_fields('call-2', 'room2', sipPort=str(peer.port)))
        self.server.wait_status('call-2', 'BUSY')
        self.server.wait_status('call-2', None, timeout=4)

    def test_a_page_of_another_origin_may_call(self):
        asked = {'Origin': 'http://pages.example', 'Access-Control-Request-Method': 'POST', 'Access-Control-Request-Headers': 'content-type'}
        answer = http('OPTIONS', self.server.base + '/rest-api/call/startup', headers=asked)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers['Access-Control-Allow-Origin'], '*')
        self.assertIn('content-type', answer.headers['Access-Control-Allow-Headers'].lower())
        self.assertIn('POST', answer.headers['Access-Control-Allow-Methods'])
        for path in ('/call/find', '/call/startup'):
            self.assertEqual(self.server.rest(path, {'callId': 'nobody'}).headers['Access-Control-Allow-Origin'], '*')

    def test_a_charset_in_the_content_type_is_fine(self):
        answer = http('POST', self.server.base + '/rest-api/call/find', b'{"callId":"nobody"}', {'Content-Type': 'application/json;charset=UTF-8'})
        self.assertEqual(answer.status, 404)

    def test_the_pages_are_there(self):
        for path in ('/', '/player?stream=x', '/client2/flashphoner.js'):
            with self.subTest(path=path):
                answer = http('GET', self.server.base + path)
                self.assertEqual(answer.status, 200, answer)
                self.assertTrue(answer.body)
        for path in ('/client2/../../../etc/passwd', '/client2/%2e%2e/%2e%2e/etc/passwd', '/client2//etc/passwd'):
            with self.subTest(path=path):
                self.assertIn(http('GET', self.server.base + path).status, (400, 403, 404))
