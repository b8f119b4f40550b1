"""The WCS façade, driven by tables: every documented REST field with every type that it may and may not have, every error, every resource that is not offered;
the statistics; snapshots; the SDK's own REST module in its console page."""
import base64
import json
import re
import struct
import subprocess

from harness import BINARY, PASSWORD, Server, TestCase, TestPhone, WebSocket, call_fields, eventually, http, look
from media_files import run
from test_websocket import CONNECTION, OFFER

# Values that a field of a kind refuses, naming it, and values that it takes; null and "" mean that it is not given.
KINDS = {
    'text': (([], ['a'], {'a': 1}, True, 1.5, 'x' * 5000, 'a\x01b', 'a\nb'), ('abc', 5, None, '')),
    'boolean': (('maybe', 2, 'yes', [], {}), (True, False, 'true', 'FALSE', None, '')),
    'port': (('x', -1, 70000, '70000', 1.5, [], True), (5060, '5060', None, '')),
    'list': (('metrics', 1, {}), (['metrics'], [], None)),
    'object': ((1, 'x', []), ({}, None)),
}
REQUIRED = (None, '')

# Resource -> (a body that is taken, {field: kind, "!" in front when it is required}).
FIELDS = {
    '/call/startup': (call_fields(), {
        '!callee': 'text', '!sipLogin': 'text', '!sipDomain': 'text', 'callId': 'text', 'toStream': 'text', 'sipAuthenticationName': 'text', 'sipPassword': 'text',
        'sipOutboundProxy': 'text', 'sipPort': 'port', 'appKey': 'text', 'visibleName': 'text', 'hasAudio': 'boolean', 'hasVideo': 'boolean',
        'sipRegisterRequired': 'boolean', 'rtmpUrl': 'text', 'rtmpStream': 'text', 'record': 'boolean'}),
    '/call/find': ({}, {'callId': 'text', 'callee': 'text', 'rtmpUrl': 'text', 'status': 'text'}),
    '/call/terminate': ({'callId': 'nobody'}, {'!callId': 'text'}),
    '/call/send_dtmf': ({'callId': 'nobody', 'dtmf': '1'}, {'!callId': 'text', '!dtmf': 'text', 'type': 'text'}),
    '/call/transfer': ({'callId': 'nobody', 'target': '3000'}, {'!callId': 'text', '!target': 'text'}),
    '/stream/find': ({}, {'mediaSessionId': 'text', 'name': 'text', 'published': 'boolean', 'status': 'text', 'display': 'list'}),
    '/stream/terminate': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/stream/snapshot': ({'streamName': 'nobody'}, {'!streamName': 'text'}),
    '/push/startup': ({'streamName': 'nobody', 'rtmpUrl': 'rtmp://127.0.0.1:1/live/key'}, {'!streamName': 'text', '!rtmpUrl': 'text', 'rtmpTransponderFullUrl': 'boolean',
                                                                                      'options': 'object'}),
    '/push/find': ({}, {'streamName': 'text', 'rtmpUrl': 'text'}),
    '/push/terminate': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/push/mute': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/push/unmute': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/push/sound_on': ({'mediaSessionId': 'nobody', 'soundFile': 'a.wav'}, {'!mediaSessionId': 'text', '!soundFile': 'text', 'loop': 'boolean'}),
    '/push/sound_off': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/recorder/startup': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text', 'config': 'object'}),
    '/recorder/terminate': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/stream/startRecording': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/stream/stopRecording': ({'mediaSessionId': 'nobody'}, {'!mediaSessionId': 'text'}),
    '/connection/find': ({}, {'clientVersion': 'text', 'sessionId': 'text', 'appKey': 'text'}),
    '/connection/terminate': ({'sessionId': 'nobody'}, {'!sessionId': 'text'}),
}
# A value that the kind takes, and the field does not.
ALSO_REFUSED = {'sipDomain': ('a b',), 'sipOutboundProxy': ('sip:a;transport=carrier-pigeon', 'a:99999'), 'type': ('MORSE',), 'rtmpUrl': ('http://a/b', 'rtmp://')}
STREAM_FIELDS = set('nodeId appKey sessionId mediaSessionId name published hasVideo hasAudio status sdp audioCodec videoCodec record width height bitrate minBitrate maxBitrate '
                    'quality history gop fps audioBitrate codecImpl transport cvoExtension createDate mediaType audioState videoState mediaProvider'.split())
METRICS = set('VIDEO_K_FRAMES VIDEO_P_FRAMES VIDEO_B_FRAMES VIDEO_NACK VIDEO_PLI VIDEO_LOST AUDIO_LOST VIDEO_RATE AUDIO_RATE VIDEO_CODEC AUDIO_CODEC VIDEO_WIDTH VIDEO_HEIGHT '
              'VIDEO_FPS VIDEO_GOP_SIZE'.split())


def parse_stat(text):
    """As the SDK's REST module does it."""
    sections, header = {}, None
    for line in text.split('\n'):
        if line.startswith('-'):
            header = re.match(r'-+([A-z]+) *', line)[1].lower()
            sections[header] = {}
        elif line:
            key, value = line.split('=')
            sections[header][key] = value
    return sections


class FacadeTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self, url__allow_private='true')

    def call(self, call_id='call-1', stream='room1', *options):
        self.phone = TestPhone(self, *options, name=f'phone-{call_id}')
        self.server.startup(**call_fields(call_id, stream, sipPort=str(self.phone.port)))
        self.server.wait_status(call_id, 'ESTABLISHED')

    def play(self, name, media_session='m-1'):
        """A session that asks for a stream, and never connects."""
        client = WebSocket(self, self.server.ws_port)
        client.send('connection', CONNECTION)
        client.wait('getUserData')
        client.send('playStream', {'mediaSessionId': media_session, 'name': name, 'mediaProvider': 'WebRTC', 'sdp': OFFER.replace('{codec}', 'H264')})
        client.wait('setRemoteSDP')
        return client

    def test_every_field_takes_its_types_and_refuses_the_others_by_name(self):
        self.call('taken', 'taken')  # so that a good /call/startup is a 409, and no call
        checked = 0
        for path, (good, fields) in FIELDS.items():
            base = {**good, **({'callId': 'taken'} if path == '/call/startup' else {})}
            for field, kind in fields.items():
                required, field = field[0] == '!', field.lstrip('!')
                refused, taken = KINDS[kind]
                for value in [*refused, *(REQUIRED if required else ()), *ALSO_REFUSED.get(field, ())]:
                    if path.endswith('find') and field in ALSO_REFUSED and isinstance(value, str) and value in ALSO_REFUSED[field]:
                        continue  # a filter is no address
                    answer = self.server.rest(path, {**base, field: value})
                    self.assertEqual(answer.status, 400, f'{path} {field}={value!r:.40}: {answer}')
                    self.assertIn(field, answer.json()['message'], f'{path} {field}={value!r:.40}')
                for value in taken:
                    if required and value in REQUIRED or field in ALSO_REFUSED:
                        continue
                    answer = self.server.rest(path, {**base, field: value})
                    if path == '/call/startup' and field in ('callId', 'hasAudio', 'hasVideo'):
                        if answer.status == 200:  # another call: it is over at once
                            for call in self.server.rest('/call/find_all').json():
                                if call['callId'] != 'taken':
                                    self.server.terminate(call['callId'])
                        continue
                    self.assertNotEqual(answer.status, 400, f'{path} {field}={value!r}: {answer}')
                    checked += 1
                checked += len(refused)
        self.report(checked=checked)

    def test_every_resource_that_is_not_offered_says_so(self):
        page = subprocess.run([BINARY, 'resources'], capture_output=True, text=True, check=True).stdout
        rows = re.findall(r'^\| `([^`]+)` \| ([^|]+) \| (.+) \|$', page, re.M)
        self.assertGreater(len(rows), 45)
        for path, answer, sentence in rows:
            for method in ('GET', 'POST'):
                reply = http(method, self.server.base + path.replace('*', 'startup'), b'{}' if method == 'POST' else None)
                with self.subTest(path=path, method=method):
                    if answer in ('501', '404'):
                        self.assertEqual((reply.status, reply.json()['message']), (int(answer), sentence))
                    elif answer.startswith('200'):
                        self.assertEqual((reply.status, reply.json()), (200, {}))
                    elif method == 'POST' or path.endswith('find_all'):
                        self.assertNotIn(reply.status, (405, 501))
                        self.assertNotIn(b'there is no resource', reply.body)
        reply = self.server.rest('/no/such/thing')
        self.assertEqual((reply.status, reply.json()['message']), (404, 'there is no resource /rest-api/no/such/thing'))

    def test_streams_are_found_and_terminated_by_whoever_they_are(self):
        self.call()
        client = self.play('room1')
        eventually(lambda: self.server.rest('/stream/find', {'status': 'PUBLISHING'}).status == 200, 10, 'media')
        both = self.server.rest('/stream/find_all', method='GET').json()
        self.assertEqual([stream['published'] for stream in both], [True, False])
        for stream in both:
            self.assertEqual(STREAM_FIELDS - set(stream), set())
            self.assertEqual(METRICS - set(stream['metrics']), set())
        source, player = both
        self.assertEqual((source['mediaSessionId'], source['name'], source['status'], source['mediaType'], source['appKey']),
                         ('call-1', 'room1', 'PUBLISHING', 'publish', 'defaultApp'))
        self.assertEqual((player['mediaSessionId'], player['name'], player['mediaType'], player['mediaProvider']), ('m-1', 'room1', 'play', 'WebRTC'))
        self.assertTrue(player['sessionId'])

        def names(**filters):
            answer = self.server.rest('/stream/find', filters)
            return sorted(s['mediaSessionId'] for s in answer.json()) if answer.status == 200 else answer.status
        for filters, found in [({'published': True}, ['call-1']), ({'published': 'false'}, ['m-1']), ({'published': None, 'name': 'room1'}, ['call-1', 'm-1']),
                               ({'mediaSessionId': 'm-1'}, ['m-1']), ({'mediaSessionId': 'm-1', 'published': True}, 404), ({'status': 'PUBLISHING'}, ['call-1']),
                               ({'name': 'other'}, 404), ({'mediaSessionId': None, 'name': None, 'published': None, 'display': ['metrics']}, ['call-1', 'm-1'])]:
            self.assertEqual(names(**filters), found, filters)
        measured = eventually(lambda: (m := self.server.rest('/stream/find', {'published': True}).json()[0])['metrics']['VIDEO_FPS'] > 5 and m, 10, 'a frame rate')
        self.assertEqual((measured['width'], measured['height'], measured['videoCodec']), (640, 360, 'H264'))
        self.assertGreater(measured['metrics']['VIDEO_RATE'], 50_000)
        self.assertEqual(measured['bitrate'], round(measured['metrics']['VIDEO_RATE'] / 1000))

        self.assertEqual((self.server.rest('/stream/terminate', {'mediaSessionId': 'm-1'})).status, 200)
        [stopped] = client.wait('notifyStreamStatusEvent')
        self.assertEqual((stopped['status'], stopped['info']), ('STOPPED', 'Stopped by rest /terminate'))
        self.assertEqual(self.server.rest('/stream/terminate', {'mediaSessionId': 'm-1'}).status, 404)
        answer = self.server.rest('/stream/terminate', {'mediaSessionId': source['mediaSessionId']})
        self.assertEqual((answer.status, answer.body), (200, b''))
        self.phone.wait_event('ended')
        self.server.wait_status('call-1', None)

    def test_a_snapshot_is_the_live_picture(self):
        self.assertEqual(self.server.rest('/stream/snapshot', {'streamName': 'room1'}).status, 404)
        self.call('h264', 'h264')
        self.call('vp8', 'vp8', '--video', 'vp8')
        self.call('sound', 'sound', '--video', 'none')
        self.assertIn('no video', self.server.rest('/stream/snapshot', {'streamName': 'sound'}).json()['message'])
        for name in ('h264', 'vp8'):
            shown = []
            for _ in range(2):
                answer = eventually(lambda: (a := self.server.rest('/stream/snapshot', {'streamName': name})).status == 200 and a, 5, 'a picture')
                self.assertEqual(list(answer.json()), ['data'])
                png = base64.b64decode(answer.json()['data'], validate=True)
                self.assertEqual(struct.unpack('>8sIIII', png[:24])[0], b'\x89PNG\r\n\x1a\n')
                self.assertEqual(struct.unpack('>II', png[16:24]), (640, 360))
                path = self.folder / f'{name}.png'
                path.write_bytes(png)
                _, out, err = run('python3', 'tests/e2e/lab/tools/readback.py', path)
                self.assertIn('unreadable=0', err)
                shown.append(int(out.split()[1]))
            self.assertGreaterEqual(shown[1], shown[0])
            eventually(lambda: self.server.rest('/stream/snapshot', {'streamName': name}).json()['data'] != answer.json()['data'], 5, 'another picture')

    def test_the_statistics_read_as_the_sdk_reads_them(self):
        self.call()
        self.play('room1')
        stat = eventually(lambda: (s := parse_stat(http('GET', self.server.base + '/?action=stat&preventCache=1').body.decode()))['stream']['streams_rtmp_in'] == '1' and s,
                          5, 'a live stream')
        for section, keys in {'connection': 'connections connections_websocket connections_rtmfp', 'port': 'ports_media_free ports_media_busy ports_media_quarantine',
                              'stream': 'streams_rtmfp_in streams_rtmp_in streams_rtsp_in streams_webrtc_in streams_rtmfp_out streams_rtmp_out streams_rtsp_out '
                                        'streams_webrtc_out streams_websocket_out streams_viewers', 'call': 'calls calls_established',
                              'system': 'system_java_cpu_usage system_memory_total system_memory_free', 'core': 'core_threads'}.items():
            for key in keys.split():
                self.assertGreaterEqual(float(stat[section][key]), 0, key)
        self.assertEqual((stat['connection']['connections_websocket'], stat['call']['calls_established'], stat['port']['ports_media_busy']), ('1', '1', '2'))
        self.assertGreater(int(stat['core']['core_threads']), 3)
        groups = http('GET', self.server.base + '/?action=stat&format=json&groups=transcoding_stats').json()
        self.assertEqual(groups, {'transcoding_stats': {'transcoding_video_full_info': {'room1': {'distributors': {}}}}})
        self.assertEqual(http('GET', self.server.base + '/?action=stat&format=json').status, 501)

    def test_connections_are_found_and_terminated(self):
        self.assertEqual(self.server.rest('/connection/find_all', method='GET').status, 404)
        client = WebSocket(self, self.server.ws_port)
        client.send('connection', CONNECTION)
        [user] = client.wait('getUserData')
        [shown] = self.server.rest('/connection/find_all', method='GET').json()
        self.assertEqual((shown['appKey'], shown['clientVersion'], shown['sipLogin'], shown['status']), ('defaultApp', '2.0', 'eve', 'ESTABLISHED'))
        self.assertNotIn(user['authToken'], json.dumps(shown), 'whoever has it may join the session')
        self.assertNotIn('never-echo-this', json.dumps(shown))
        for filters, status in [({'clientVersion': '2.0'}, 200), ({'clientVersion': '1.0'}, 404), ({'sessionId': shown['sessionId']}, 200), ({'appKey': 'other'}, 404)]:
            self.assertEqual(self.server.rest('/connection/find', filters).status, status, filters)
        self.assertEqual(self.server.rest('/connection/terminate', {'sessionId': 'nobody'}).status, 404)
        self.assertEqual(self.server.rest('/connection/terminate', {'sessionId': shown['sessionId']}).status, 200)
        self.assertIsNone(client.receive())
        client.socket.close()
        eventually(lambda: self.server.rest('/connection/find_all').status == 404, 5, 'the session is gone')

    def test_the_console_page_of_the_sdk_shows_and_stops_streams(self):
        self.call()
        page = f'{self.server.base}/client2/examples/demo/streaming/console/console.html'
        node = f'127001{self.server.http_port}'
        steps = ['--fill', f'#nodeIp=127.0.0.1:{self.server.http_port}', '--press', '#addNodeFormSubmit', '--until', f'[id="{node}-state"]=127.0.0.1', '--press', f'[id="{node}"]',
                 '--until', '#streamsTableBody=PUBLISHING']
        seen = look(self, 'page', page, '--no-video', *steps, '--text', '#streamsTableBody')
        for word in ('room1', 'call-1', 'H264', 'IN'):
            self.assertIn(word, seen['text'])
        look(self, 'page', page, '--no-video', *steps, '--press', '#streamsTableBody .btn-danger', '--wait', 1)
        self.server.wait_status('call-1', None)
        self.assertNotIn(PASSWORD, self.server.log())
