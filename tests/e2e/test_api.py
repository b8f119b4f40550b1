"""The native API: every route, status and field of its description; the start of a call step by step; events, metrics, drain; sipcastctl."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

import jsonschema

from api_client import Api, Description, EventStream, parse_metrics
from harness import BINARY, LAB, PASSWORD, Process, Server, TestCase, TestPhone, call_fields, eventually, free_ports, http

CTL = BINARY.with_name('sipcastctl')
V1 = '/v1/calls/{call_id}'


def new_call(phone, call_id, stream, **more):
    return {'callee': 'bob', 'call_id': call_id, 'stream': stream, **more,
            'account': {'login': 'alice', 'domain': '127.0.0.1', 'password': PASSWORD, 'proxy': f'127.0.0.1:{phone.port}'}}


class DescriptionTest(TestCase):
    def test_the_description_is_in_order(self):
        description = Description()
        document = description.document
        self.assertEqual(document['openapi'], '3.1.0')
        ids, used = set(), set()

        def walk(value):
            if isinstance(value, dict):
                if '$ref' in value:
                    used.add(value['$ref'])
                    description.resolver.resolve(value['$ref'])
                for inner in value.values():
                    walk(inner)
            elif isinstance(value, list):
                for inner in value:
                    walk(inner)
        walk(document)
        self.assertEqual(used, {f'#/components/schemas/{name}' for name in document['components']['schemas']}, 'schemas that nobody uses')
        for name, schema in document['components']['schemas'].items():
            jsonschema.Draft202012Validator.check_schema(schema)
            if schema.get('type') == 'object' and 'properties' in schema:
                self.assertLessEqual(set(schema.get('required', [])), set(schema['properties']) | {'callId'}, name)
        tags = {tag['name'] for tag in document['tags']}
        for method, path, operation in description.operations():
            with self.subTest(f'{method} {path}'):
                self.assertNotIn(operation['operationId'], ids)
                ids.add(operation['operationId'])
                self.assertLessEqual(set(operation['tags']), tags)
                self.assertTrue(operation['summary'])
                self.assertTrue(any(status.startswith('2') for status in operation['responses']))
                named = {p['name'] for p in operation.get('parameters', []) if p['in'] == 'path'}
                self.assertEqual(named, set(part.strip('{}') for part in path.split('/') if part.startswith('{')), 'parameters of the path')
                for parameter in operation.get('parameters', []):
                    self.assertIn('schema', parameter)


class ApiTest(TestCase):
    def start(self, **options):
        self.description = Description()
        self.server = Server(self, url__allow_private='true', push__max=1, record__max=1, record__dir=self.folder / 'records', **options)
        self.ask = Api(self, self.server, self.description)

    def metrics(self):
        answer = http('GET', self.server.base + '/metrics')
        self.assertEqual(self.description.check('GET', '/metrics', answer), [])
        return parse_metrics(answer.body.decode())

    def ctl(self, *words, expect=0, **environment):
        done = subprocess.run([CTL, '--url', self.server.base, *map(str, words)], capture_output=True, text=True, timeout=30,
                              env={**os.environ, **environment})
        self.assertEqual(done.returncode, expect, f'{words}: {done.stdout}{done.stderr}')
        return done.stdout if expect == 0 else done.stderr

    def test_a_watched_call_is_told_explained_and_counted(self):
        self.start()
        ask = self.ask
        phone = TestPhone(self, '--ring', '0.2', '--dtmf', '5')
        feed = EventStream(self, self.server)
        self.assertEqual((feed.status, feed.headers['content-type']), (200, 'text/event-stream'))
        self.assertNotIn('content-length', feed.headers)
        # A viewer that waits for the call, and one that comes later.
        ask('POST', '/v1/calls', 201, new_call(phone, 'c1', 'room1', record=True))
        viewer = Process(self, 'viewer', ['/usr/bin/python3', LAB / 'tools/whep_aiortc.py', f'{self.server.base}/whep/room1', '6'])
        began = feed.until('viewer.first_frame', 20)
        kinds = [event['type'] for event in began]
        wanted = ['call.started', 'stream.started', 'recording.started', 'call.progress', 'call.ringing', 'call.established', 'stream.live', 'viewer.joined', 'viewer.first_frame']
        self.assertEqual(sorted(set(wanted) - set(kinds)), [])
        for before, after in (('call.started', 'call.ringing'), ('call.ringing', 'call.established'), ('call.established', 'stream.live'),
                              ('viewer.joined', 'viewer.first_frame')):
            self.assertLess(kinds.index(before), kinds.index(after), kinds)
        self.assertEqual({event['call_id'] for event in began}, {'c1'})
        self.assertEqual({event['stream'] for event in began}, {'room1'})

        call = eventually(lambda: (found := ask('GET', V1, 200, call_id='c1'))['startup_ms']['first_viewer_frame'] is not None and found, 10, 'first viewer frame')
        steps = [call['startup_ms'][step] for step in ('accepted', 'invite', 'ringing', 'answered', 'first_rtp', 'first_keyframe', 'first_viewer_frame')]
        self.assertNotIn(None, steps, call['startup_ms'])
        self.assertEqual(steps, sorted(steps), 'the waterfall goes down')
        self.assertGreaterEqual(call['startup_ms']['answered'] - call['startup_ms']['ringing'], 150, 'the phone rang for 0.2 s')
        self.assertEqual((call['state'], call['live'], call['media']['video_codec'], call['media']['width']), ('established', True, 'H264', 640))
        self.assertGreater(call['media']['received']['video']['packets'], 0)
        self.assertGreater(call['media']['sent']['packets'], 0)
        self.assertEqual(call['media']['received']['video']['packets_dropped'], {'invalid': 0, 'stranger': 0, 'payload_type': 0, 'not_authentic': 0})
        self.report(**call['startup_ms'])

        why = ask('GET', '/v1/streams/{stream}/explain', 200, stream='room1')
        self.assertEqual((why['phone']['audio']['handling'], why['phone']['video']['handling']), ('passed_through', 'repacketised'))
        self.assertRegex(why['phone']['video']['sdp'][0], r'^m=video \d+ RTP/AVP')
        self.assertRegex(' '.join(why['phone']['video']['sdp']), r'a=rtpmap:\d+ H264/90000 a=fmtp:\d+ .*profile-level-id')
        self.assertRegex(why['phone']['h264']['sps_profile_level_id'], '^42[0-9a-f]{4}$')
        self.assertFalse(why['phone']['h264']['b_frames'])
        (seen,) = why['viewers']
        self.assertEqual((seen['video']['handling'], seen['video']['codec'], seen['audio']['handling']), ('passed_through', 'H264', 'passed_through'))
        self.assertRegex(seen['video']['sdp'][1], r'^a=fmtp:\d+ .*profile-level-id=42')
        (recording,) = why['outputs']
        self.assertEqual((recording['kind'], recording['audio']['handling'], recording['audio']['codec']), ('recording', 'transcoded', 'AAC'))
        (shown,) = ask('GET', '/v1/viewers', 200, query={'stream': 'room1'})['viewers']
        self.assertEqual((shown['viewer'], shown['state'], shown['signalling']), (seen['viewer'], 'playing', 'whep'))

        now = self.metrics()
        count = lambda name, **labels: now.get((name, *labels.items()), None)
        self.assertEqual(count('calls', state='established'), 1)
        self.assertEqual(count('viewers', state='playing'), 1)
        self.assertEqual(count('call_setup_seconds_count', step='first_viewer_frame'), 1)
        self.assertEqual(count('sip_responses_total', direction='received', status='180'), 1)
        self.assertEqual(count('sip_requests_total', direction='sent', method='INVITE'), 1)
        self.assertGreater(count('rtp_packets_total', stream='room1', track='video'), 10)
        self.assertEqual(count('rtp_packets_dropped_total', stream='room1', track='video', reason='stranger'), 0)
        self.assertGreater(count('viewer_packets_total', stream='room1'), 10)
        self.assertGreater(count('process_resident_memory_bytes'), 1e6)
        self.assertGreater(count('process_open_fds'), 10)
        # The wire is watched, too: what comes from elsewhere is counted by its reason.
        media = int(why_port(ask('GET', '/v1/calls/{call_id}/trace', 200, call_id='c1')['localSdp']))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b'\x80\x60' + bytes(30), ('127.0.0.1', media))
        eventually(lambda: self.metrics()[('rtp_packets_dropped_total', ('stream', 'room1'), ('track', 'video'), ('reason', 'stranger'))] == 1, 5, 'the stranger is counted')

        # The one that is thrown out hears of it; the other is the tool's own end.
        self.assertEqual(viewer.wait_end(30), 0, viewer.log())
        left = feed.until('viewer.left')[-1]
        self.assertEqual((left['data']['viewer'], left['data']['reason']), (seen['viewer'], 'stopped'))
        ask('DELETE', V1, 204, call_id='c1')
        ended = feed.until('call.ended')[-1]
        self.assertEqual(ended['data'], {'state': 'finished', 'sip_status': 200, 'reason': 'hung_up_by_us', 'cause': ended['data']['cause']})
        finished = feed.until('recording.finished', 20)[-1]
        self.assertEqual((finished['call_id'], finished['stream']), ('c1', 'room1'))
        self.assertTrue((self.folder / 'records' / os.path.basename(finished['data']['file'])).exists(), finished)
        self.assertEqual(self.metrics()[('calls_ended_total', ('reason', 'hung_up_by_us'))], 1)
        self.assertFalse(any(('stream', 'room1') in key for key in self.metrics() if key[0].startswith('rtp_')), 'the series of a stream end with it')
        self.assertEqual(ask('GET', V1, 200, call_id='c1')['ended']['reason'], 'hung_up_by_us', 'the trace outlives the call')

        # All of it again from the log: by pages, by filters, from the middle, as a browser comes back.
        everything = ask('GET', '/v1/events', 200)['events']
        ids = [event['id'] for event in everything]
        self.assertEqual(ids, list(range(ids[0], ids[0] + len(ids))))
        self.assertEqual([event['type'] for event in everything[:len(kinds)]], kinds)
        self.assertIn('call.dtmf', {event['type'] for event in everything})
        pages, after = [], 0
        while page := ask('GET', '/v1/events', 200, query={'after': after, 'limit': 4}):
            self.assertFalse(page['missed'])
            if not page['events']:
                break
            pages += page['events']
            after = page['last_id']
        self.assertEqual(pages, everything)
        self.assertEqual({e['type'].split('.')[0] for e in ask('GET', '/v1/events', 200, query='types=viewer,call.ended')['events']}, {'viewer', 'call'})
        again = EventStream(self, self.server, '?after=0', last_event_id=ids[2])
        self.assertEqual([again.next()[0] for _ in ids[3:]], ids[3:])
        self.assertTrue(ask('GET', '/v1/events', 200, query={'after': 7})['missed'], 'of a run before')
        self.assertEqual(EventStream(self, self.server, '?after=7').next()[1], {'after': 7})

    def test_every_documented_route_and_status_is_as_described(self):
        self.start(call_linger=0, trace__keep_ended=0)
        ask = self.ask
        phone, silent = TestPhone(self), free_ports()
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # a phone that never answers
        sink.bind(('127.0.0.1', silent))
        self.addCleanup(sink.close)
        served = http('GET', self.server.base + '/openapi.json')
        self.assertEqual(served.json(), self.description.document)
        self.assertEqual(self.description.check('GET', '/openapi.json', served), [])
        for path in ('/healthz', '/readyz', '/metrics', '/v1/drain'):
            ask('GET', path, 200)

        # Calls: placed once, whatever comes twice.
        body = new_call(phone, 'c1', 'room1')
        first = ask('POST', '/v1/calls', 201, body, {'Idempotency-Key': 'k1'})
        self.assertEqual(ask('POST', '/v1/calls', 201, body, {'Idempotency-Key': 'k1'}), first)
        self.assertEqual(ask('POST', '/v1/calls', 422, {**body, 'video': False}, {'Idempotency-Key': 'k1'})['code'], 'idempotency_key_reused')
        self.assertIn('Idempotency-Key', ask('POST', '/v1/calls', 400, body, {'Idempotency-Key': 'x' * 256})['detail'])
        for wrong, named in (({**body, 'call_id': 'c2'}, 'stream'), ({**body, 'stream': 'room2'}, 'call_id')):
            self.assertTrue(ask('POST', '/v1/calls', 409, wrong)['detail'].startswith(named + ':'))
        for wrong, named in ((b'{', 'the body'), (b'[1]', 'the body'), (b'\xff', 'the body'), ({}, 'callee'), ({'callee': 'b'}, 'account'),
                             ({**body, 'video': 'yes'}, 'video'), ({**body, 'hasVideo': True}, 'hasVideo'), ({**body, 'callee': 'a\nb'}, 'callee')):
            self.assertTrue(ask('POST', '/v1/calls', 400, wrong)['detail'].startswith(named), wrong)
        self.assertEqual([call['call_id'] for call in ask('GET', '/v1/calls', 200, query='stream=room1&direction=outgoing')['calls']], ['c1'])
        for wrong in ('state=x', 'limit=0', 'nonsense=1', 'state=%zz', 'limit=1&limit=2'):
            ask('GET', '/v1/calls', 400, query=wrong)
        eventually(lambda: ask('GET', V1, 200, call_id='c1')['state'] == 'established', 10, 'established')
        eventually(lambda: ask('GET', '/v1/streams/{stream}', 200, stream='room1')['state'] == 'live', 10, 'live')

        # What a call is told.
        ask('POST', V1 + '/dtmf', 202, {'digits': '12#'}, call_id='c1')
        self.assertIn('digits', ask('POST', V1 + '/dtmf', 400, {'digits': 'x'}, call_id='c1')['detail'])
        self.assertIn('type', ask('POST', V1 + '/dtmf', 400, {'digits': '1', 'type': 'x'}, call_id='c1')['detail'])
        ask('POST', V1 + '/hold', 202, call_id='c1')
        eventually(lambda: ask('GET', V1, 200, call_id='c1')['state'] == 'held', 10, 'held')
        self.assertEqual(len(ask('GET', '/v1/streams', 200, query='state=interrupted')['streams']), 1)
        ask('POST', V1 + '/resume', 202, call_id='c1')
        eventually(lambda: ask('GET', V1, 200, call_id='c1')['state'] == 'established', 10, 'resumed')
        for action in ('hold', 'resume'):
            self.assertIn('extra', ask('POST', f'{V1}/{action}', 400, {'extra': 1}, call_id='c1')['detail'])
            ask('POST', f'{V1}/{action}', 404, call_id='nobody')
        ask('POST', V1 + '/dtmf', 404, {'digits': '1'}, call_id='nobody')
        ask('POST', V1 + '/transfer', 404, {'target': 'carol'}, call_id='nobody')
        self.assertIn('target', ask('POST', V1 + '/transfer', 400, {}, call_id='c1')['detail'])
        for name in ('trace', 'trace.txt', 'trace.pcap'):
            ask('GET', f'{V1}/{name}', 200, call_id='c1')
            ask('GET', f'{V1}/{name}', 404, call_id='nobody')
        for method, path in (('GET', V1), ('DELETE', V1)):
            ask(method, path, 404, call_id='nobody')
        for path in ('/v1/streams/{stream}', '/v1/streams/{stream}/explain'):
            ask('GET', path, 404, stream='nothing')
        ask('GET', '/v1/streams', 400, query='state=x')
        ask('GET', '/v1/streams/{stream}/explain', 200, stream='room1')

        # Viewers: one that waits for a phone that rings for ever, thrown out.
        ask('POST', '/v1/calls', 201, {**new_call(phone, 'silent', 'room2'), 'account': {'login': 'alice', 'domain': '127.0.0.1', 'proxy': f'127.0.0.1:{silent}'}})
        waiting = Process(self, 'waiting', ['/usr/bin/python3', LAB / 'tools/whep_aiortc.py', f'{self.server.base}/whep/room2', '1'])
        (viewer,) = eventually(lambda: ask('GET', '/v1/viewers', 200, query='state=waiting')['viewers'], 15, 'the viewer waits')
        ask('GET', '/v1/viewers/{viewer}', 200, viewer=viewer['viewer'])
        ask('DELETE', '/v1/viewers/{viewer}', 204, viewer=viewer['viewer'])
        self.assertNotEqual(waiting.wait_end(10), 0)
        self.assertIn('403', waiting.log())
        refused = ask('GET', '/v1/events', 200, query={'types': 'viewer.refused'})['events'][-1]
        self.assertEqual((refused['call_id'], refused['data']['viewer'], refused['data']['reason']), ('silent', viewer['viewer'], 'forbidden'))
        self.assertEqual(self.metrics()[('viewers_refused_total', ('reason', 'forbidden'))], 1)
        for wrong in ('0123456789abcdef', 'x', '0123456789abcdeg'):
            ask('GET', '/v1/viewers/{viewer}', 404, viewer=wrong)
            ask('DELETE', '/v1/viewers/{viewer}', 404, viewer=wrong)
        ask('GET', '/v1/viewers', 400, query='state=x')
        self.assertIn('established', ask('POST', V1 + '/transfer', 400, {'target': 'carol'}, call_id='silent')['detail'])

        # Pushes and recordings, one of each at most.
        url = f'rtmp://127.0.0.1:{free_ports()}/live/key'
        push = ask('POST', '/v1/pushes', 201, {'stream': 'room1', 'url': url})
        ask('POST', '/v1/pushes', 409, {'stream': 'room1', 'url': url})
        ask('POST', '/v1/pushes', 503, {'stream': 'room1', 'url': url + '2'})
        ask('POST', '/v1/pushes', 404, {'stream': 'nothing', 'url': url})
        for wrong, named in (({'stream': 'room1'}, 'url'), ({'stream': 'room1', 'url': 'http://x/y/z'}, 'url'), ({'url': url}, 'stream')):
            self.assertTrue(ask('POST', '/v1/pushes', 400, wrong)['detail'].startswith(named), wrong)
        eventually(lambda: ask('GET', '/v1/pushes/{push}', 200, push=push['push'])['state'] == 'retrying', 15, 'nobody listens there')
        self.assertEqual(len(ask('GET', '/v1/pushes', 200, query='stream=room1')['pushes']), 1)
        ask('DELETE', '/v1/pushes/{push}', 204, push=push['push'])
        for method in ('GET', 'DELETE'):
            ask(method, '/v1/pushes/{push}', 404, push=push['push'])
        ask('POST', '/v1/recordings', 201, {'stream': 'room1'})
        ask('POST', '/v1/recordings', 503, {'stream': 'room2'})
        ask('POST', '/v1/recordings', 404, {'stream': 'nothing'})
        ask('POST', '/v1/recordings', 400, {})
        self.assertEqual(len(ask('GET', '/v1/recordings', 200)['recordings']), 1)
        ask('DELETE', '/v1/recordings/{stream}', 204, stream='room1')
        ask('DELETE', '/v1/recordings/{stream}', 404, stream='room1')
        for path in ('/v1/pushes', '/v1/recordings'):
            ask('GET', path, 400, query='nonsense=1')

        # Events: a bounded number of listeners; what comes behind is refused, and room is made again.
        self.assertGreater(len(ask('GET', '/v1/events', 200)['events']), 10)
        ask('GET', '/v1/events', 400, query='types=call.nothing')
        ask('GET', '/v1/events', 400, headers={'Last-Event-ID': 'x'})
        feeds = [EventStream(self, self.server) for _ in range(100)]
        self.assertEqual({feed.status for feed in feeds}, {200})
        ask('GET', '/v1/events', 503, headers={'Accept': 'text/event-stream'})
        for feed in feeds:
            feed.input.close()
            feed.socket.close()
        ask('POST', V1 + '/hold', 202, call_id='c1')  # they are told, and found to be gone
        ask('POST', V1 + '/resume', 202, call_id='c1')
        eventually(lambda: self.metrics()[('event_listeners',)] == 0, 20, 'the listeners are gone')

        # The face of WCS, by the same description.
        fields = call_fields('c1', 'room1', sipPort=str(phone.port))
        W = '/rest-api'
        ask('POST', W + '/call/startup', 409, fields)
        ask('POST', W + '/call/startup', 400, {})
        ask('POST', W + '/call/startup', 200, call_fields('w1', 'wroom', sipPort=str(phone.port)))
        for method in ('GET', 'POST'):
            ask(method, W + '/call/find_all', 200)
        ask('POST', W + '/call/find', 200, {'callId': 'c1'})
        ask('POST', W + '/call/find', 404, {'callId': 'nobody'})
        ask('POST', W + '/call/find', 400, b'{')
        for action, more in (('hold', {}), ('unhold', {}), ('send_dtmf', {'dtmf': '1'}), ('transfer', {'target': 'carol'})):
            ask('POST', f'{W}/call/{action}', 404, {'callId': 'nobody', **more})
            ask('POST', f'{W}/call/{action}', 400, {})
        for action, more in (('hold', {}), ('unhold', {}), ('send_dtmf', {'dtmf': '1'})):
            ask('POST', f'{W}/call/{action}', 200, {'callId': 'c1', **more})
        ask('POST', W + '/push/startup', 400, {})
        ask('POST', W + '/push/startup', 404, {'streamName': 'nothing', 'rtmpUrl': url})
        started = ask('POST', W + '/push/startup', 200, {'streamName': 'room1', 'rtmpUrl': url})
        ask('POST', W + '/push/startup', 409, {'streamName': 'room1', 'rtmpUrl': url})
        ask('POST', W + '/push/startup', 503, {'streamName': 'wroom', 'rtmpUrl': url})
        ask('POST', W + '/push/find_all', 200)
        ask('POST', W + '/push/terminate', 200, {'mediaSessionId': started['mediaSessionId']})
        ask('POST', W + '/push/terminate', 404, {'mediaSessionId': started['mediaSessionId']})
        ask('POST', W + '/push/terminate', 400, {})
        ask('POST', W + '/push/find_all', 404)
        ask('POST', W + '/stream/find_all', 200)
        ask('POST', W + '/stream/find', 200, {'name': 'room1'})
        ask('POST', W + '/stream/find', 404, {'name': 'nothing'})
        ask('POST', W + '/stream/find', 400, b'{')

        # A transfer that the phone refuses, and one that is under way already.
        for path in (W + '/call/transfer', V1 + '/transfer'):
            wcs = path.startswith(W)
            body = {'callId': 'w1', 'target': 'carol'} if wcs else {'target': 'carol'}
            eventually(lambda: ask('GET', V1, 200, call_id='w1')['state'] in ('established', 'held'), 10, 'established')
            os.kill(phone.popen.pid, signal.SIGSTOP)
            state = pathlib.Path(f'/proc/{phone.popen.pid}/task')
            eventually(lambda: all('State:\tT' in (task / 'status').read_text() for task in state.iterdir()), 5, 'the phone stands still')
            ask('POST', path, 200 if wcs else 202, body, call_id='w1')
            ask('POST', path, 409, body, call_id='w1')
            os.kill(phone.popen.pid, signal.SIGCONT)
            eventually(lambda: ask('GET', V1, 200, call_id='w1')['transfer']['state'] == 'failed', 10, 'the phone takes no REFER')

        # Draining: no new calls; the old ones go on.
        for method in ('POST', 'DELETE'):
            ask(method, '/v1/drain', 400, {'x': 1})
        self.assertEqual(ask('POST', '/v1/drain', 202), {'draining': True, 'calls': 3})
        self.assertFalse(ask('GET', '/readyz', 503)['ready'])
        self.assertIn('draining', ask('POST', '/v1/calls', 503, new_call(phone, 'late', 'late'))['detail'])
        ask('POST', W + '/call/startup', 503, call_fields('late', 'late', sipPort=str(phone.port)))
        ask('DELETE', '/v1/drain', 200)
        ask('GET', '/readyz', 200)

        # Other methods.
        for method, path, operation in self.description.operations():
            if '405' in operation['responses']:
                target = path.format(call_id='c1', stream='room1', viewer='0' * 16, push='x')
                refused = http('PUT', self.server.base + target)
                self.assertEqual((refused.status, refused.json()['code']), (405, 'method_not_allowed'), path)
                self.assertIn('OPTIONS', refused.headers['Allow'])
                self.assertEqual(self.description.check(method, path, refused), [])
        ask('POST', W + '/call/terminate', 200, {'callId': 'w1'})
        ask('POST', W + '/call/terminate', 404, {'callId': 'w1'})
        ask('POST', W + '/call/terminate', 400, {})
        for call_id in ('silent', 'c1'):
            ask('DELETE', V1, 204, call_id=call_id)
        eventually(lambda: self.server.rest('/stream/find_all').status == 404, 5, 'the last stream is gone')
        ask('POST', W + '/stream/find_all', 404)
        for method in ('GET', 'POST'):
            ask(method, W + '/call/find_all', 404)
        for path in ('/v1/nothing', '/v1/calls/c1/nothing'):
            self.assertEqual(http('GET', self.server.base + path).status, 404)

        self.refused_by_rule(phone)
        self.assertEqual(sorted(self.description.documented() - self.description.seen), [], 'documented, and not seen')

    def refused_by_rule(self, phone):
        """A push into a private network, on a server that allows none; whom calls may not go to, and how many there may be; apps and the emergency stop."""
        server = Server(self, name='strict', dial__deny='0900*', dial__max_calls=1, apps__file=self.folder / 'apps.json')
        ask = Api(self, server, self.description)
        ask('POST', '/v1/calls', 201, new_call(phone, 'c1', 'room1'))
        body = {'stream': 'room1', 'url': 'rtmp://127.0.0.1/live/key'}
        self.assertIn('url.allow_private', ask('POST', '/v1/pushes', 403, body)['detail'])
        ask('POST', '/rest-api/push/startup', 403, {'streamName': 'room1', 'rtmpUrl': 'rtmp://127.0.0.1/live'})
        self.assertIn('dial.deny', ask('POST', '/v1/calls', 403, new_call(phone, 'c2', 'room2', callee='0900123'))['detail'])
        self.assertEqual(ask('POST', '/v1/calls', 429, new_call(phone, 'c2', 'room2'))['code'], 'too_many_calls')
        ask('POST', '/rest-api/call/startup', 403, {**call_fields('c2', 'room2', sipPort=str(phone.port)), 'callee': '0900123'})
        ask('POST', '/rest-api/call/startup', 429, call_fields('c2', 'room2', sipPort=str(phone.port)))
        app = {'url': 'https://backend.example/hooks', 'methods': ['connect'], 'secret': 'x'}
        self.ask('PUT', '/v1/apps/{app_key}', 403, app, app_key='shop')
        for expect in (201, 200):
            self.assertTrue(ask('PUT', '/v1/apps/{app_key}', expect, app, app_key='shop')['signed'])
        ask('PUT', '/v1/apps/{app_key}', 400, {'url': 'x'}, app_key='shop')
        ask('GET', '/v1/apps/{app_key}', 200, app_key='shop')
        self.assertEqual(len(ask('GET', '/v1/apps', 200)['apps']), 1)
        ask('DELETE', '/v1/apps/{app_key}', 204, app_key='shop')
        for method in ('GET', 'DELETE'):
            ask(method, '/v1/apps/{app_key}', 404, app_key='shop')
        self.assertEqual(ask('POST', '/v1/emergency-stop', 200)['ended'], 1)
        self.assertTrue(ask('GET', '/v1/emergency-stop', 200)['stopped'])
        ask('DELETE', '/v1/emergency-stop', 200)

    def test_sipcastctl_does_what_people_want(self):
        self.start()
        phone = TestPhone(self)
        placed = self.ctl('call', 'bob', '--login', 'alice', '--domain', '127.0.0.1', '--proxy', f'127.0.0.1:{phone.port}', '--stream', 'room1', '--id', 'c1',
                          SIPCASTCTL_PASSWORD=PASSWORD)
        self.assertRegex(placed, r'call_id +c1\n')
        watched = [json.loads(line) for line in self.ctl('watch', '--after', '0', '--types', 'call,stream.live', '--count', '5', '--json').splitlines()]
        self.assertEqual(watched[0]['type'], 'call.started')
        self.assertRegex(self.ctl('watch', '--after', '0', '--count', '1'), r'^\d\d:\d\d:\d\d\.\d{3}Z  call\.started  c1 room1  direction=outgoing')
        self.server.process.wait_line(r'\[stream room1\] live')
        self.assertRegex(self.ctl('calls'), r'call_id +stream +direction +state.*\nc1 +room1 +outgoing +established')
        self.assertRegex(self.ctl('streams', '--state', 'live'), r'room1 +c1 +live +PCMU +H264 +640')
        self.assertEqual(json.loads(self.ctl('show', 'call', 'c1', '--json'))['state'], 'established')
        self.assertRegex(self.ctl('show', 'stream', 'room1'), r'received\.video\.packets +\d+')
        self.assertRegex(self.ctl('explain', 'room1'), r'phone\.video\.handling +repacketised')
        self.ctl('dtmf', 'c1', '5')
        self.ctl('hold', 'c1')
        self.server.wait_status('c1', 'HOLD')
        self.ctl('resume', 'c1')
        self.server.wait_status('c1', 'ESTABLISHED')
        self.assertRegex(self.ctl('trace', 'c1'), r'INVITE sip:bob@')
        pcap = self.folder / 'c1.pcap'
        self.ctl('trace', 'c1', '--pcap', pcap)
        self.assertEqual(pcap.read_bytes()[:4], bytes.fromhex('d4c3b2a1'))
        self.assertRegex(self.ctl('record', 'room1'), r'stream +room1')
        self.ctl('end-record', 'room1')
        self.ctl('hangup', 'c1')
        self.assertIn('call_id: there is no such call', self.ctl('hold', 'nobody', expect=1))
        self.assertIn('no such command', self.ctl('frobnicate', expect=2))
        self.assertIn('takes 1 words', self.ctl('hangup', expect=2))
        self.assertIn('sipcastctl', self.ctl('--help'))
        done = subprocess.run([CTL, '--url', f'http://127.0.0.1:{free_ports()}', 'calls'], capture_output=True, text=True, timeout=20)
        self.assertEqual(done.returncode, 1)
        self.assertIn("Couldn't connect", done.stderr)

    def test_a_drained_server_ends_behind_its_last_call(self):
        self.start()
        phone = TestPhone(self)
        self.ask('POST', '/v1/calls', 201, new_call(phone, 'c1', 'room1'))
        eventually(lambda: self.ask('GET', V1, 200, call_id='c1')['state'] == 'established', 10, 'established')
        self.server.process.popen.send_signal(signal.SIGUSR1)
        eventually(lambda: http('GET', self.server.base + '/readyz').status == 503, 5, 'not ready')
        time.sleep(1.2)
        self.assertTrue(self.server.process.running(), 'it waits for the call')
        self.ask('DELETE', V1, 204, call_id='c1')
        self.assertEqual(self.server.process.wait_end(10), 0)
        self.assertIn('drained', self.server.log())


def why_port(sdp):
    """The port of the video in a description."""
    return next(line.split()[1] for line in sdp.splitlines() if line.startswith('m=video'))
