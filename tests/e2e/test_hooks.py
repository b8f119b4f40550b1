"""The hooks of apps, with a back-end that accepts, changes, refuses, is late, talks nonsense, and is not who it says."""
import json
import pathlib
import time

from backend import Backend, app, signed
from harness import Baresip, Certificates, Server, TestCase, TestPhone, WebSocket, call_fields, eventually, fixtures, http, look
from test_websocket import OFFER


def whep_offer():
    return OFFER.replace('{codec}', 'H264').encode()


class HooksTest(TestCase):
    def put(self, key, fields):
        answer = http('PUT', f'{self.server.base}/v1/apps/{key}', json.dumps(fields).encode(), {'Content-Type': 'application/json'})
        self.assertIn(answer.status, (200, 201), answer)
        return answer

    def call(self, call_id='call-1', stream='room1', phone=None, **fields):
        phone = phone or TestPhone(self, name=f'phone-{call_id}')
        self.server.startup(**call_fields(call_id, stream, sipPort=str(phone.port), **fields))
        self.server.wait_status(call_id, 'ESTABLISHED')
        return phone

    def connect(self, app_key='defaultApp', **fields):
        client = WebSocket(self, self.server.ws_port)
        client.send('connection', {'appKey': app_key, 'mediaProviders': ['WebRTC'], 'clientVersion': '2.0', **fields})
        return client

    def session(self, app_key='defaultApp', **fields):
        client = self.connect(app_key, **fields)
        return client, client.wait('getUserData')[0]

    def refused_session(self, app_key, **fields):
        """The reason, after which the socket is closed."""
        client = self.connect(app_key, **fields)
        [failure] = client.wait('fail')
        self.assertEqual((failure['status'], failure['apiMethod']), ('FAILED', 'ConnectionStatusEvent'))
        while client.receive() is not None:
            pass
        return failure['info']

    def play(self, client, name, session='m-1', **fields):
        client.send('playStream', {'mediaSessionId': session, 'name': name, 'published': False, 'hasVideo': True, 'hasAudio': True, 'status': 'PENDING',
                                   'mediaProvider': 'WebRTC', 'sdp': OFFER.replace('{codec}', 'H264'), **fields})

    def outcome(self, client, session='m-1'):
        """FAILED with its info, or 'answered'."""
        while True:
            message = client.receive()
            self.assertIsNotNone(message, 'closed')
            if message['message'] == 'setRemoteSDP' and message['data'][0] == session:
                return 'answered'
            if message['message'] == 'notifyStreamStatusEvent' and message['data'][0]['mediaSessionId'] == session and message['data'][0]['status'] == 'FAILED':
                return message['data'][0]['info']

    def whep(self, name='room1', query='', **headers):
        return http('POST', f'{self.server.base}/whep/{name}{query}', whep_offer(), {'Content-Type': 'application/sdp', **headers})

    def start(self, **options):
        file = pathlib.Path(self.folder / 'apps.json')
        file.unlink(missing_ok=True)
        self.server = Server(self, url__allow_private='true', apps__file=file, rest_request_timeout='1s', **options)
        self.backend = Backend(self)

    def test_back_ends_decide_on_sessions_and_viewers(self):
        certificates = Certificates(self.folder / 'certificates')
        self.start(hooks__tls_ca=certificates.ca)
        self.call()
        # Without apps every session and every viewer is let in.
        client, _ = self.session('anyApp')
        self.play(client, 'room1')
        self.assertEqual(self.outcome(client), 'answered')

        # Apps are managed by REST; their secrets do not come out.
        added = self.put('defaultApp', app(self.backend, 'connect', 'playStream', 'playHLS', restUsername='us', restPassword='pass-5f1', secret='sign-5f1'))
        self.assertEqual(added.status, 201)
        listed = http('GET', self.server.base + '/v1/apps').json()['apps']
        self.assertEqual([(a['appKey'], a['hasRestPassword'], a['signed']) for a in listed], [('defaultApp', True, True)])
        for secret in ('pass-5f1', 'sign-5f1'):
            self.assertNotIn(secret, json.dumps(listed) + self.server.log())
        for body, field in (({'methods': []}, 'url'), ({'url': 'ftp://a', 'methods': []}, 'url'), ({'url': self.backend.url}, 'methods'),
                            ({'url': self.backend.url, 'methods': ['dance']}, 'dance'), ({'url': self.backend.url, 'methods': [], 'restOnError': 'MAYBE'}, 'restOnError')):
            answer = http('PUT', self.server.base + '/v1/apps/bad', json.dumps(body).encode(), {'Content-Type': 'application/json'})
            self.assertEqual(answer.status, 400, answer)
            self.assertIn(field, answer.json()['detail'])
        self.assertEqual(http('DELETE', self.server.base + '/v1/apps/bad').status, 404)

        # connect: what the back-end changes is taken over; custom fields go there and come back.
        self.backend.answers['connect'] = {'custom': {'role': 'guest'}, 'sipLogin': 'changed', 'authToken': 'not-taken'}
        client, user = self.session(custom={'token': 'k-1'}, sipLogin='eve', sipPassword='never-sent-5f1')
        self.assertEqual((user['custom'], user['sipLogin']), ({'role': 'guest'}, 'changed'))
        self.assertNotEqual(user['authToken'], 'not-taken')
        method, headers, asked = self.backend.calls[-1]
        self.assertEqual((method, headers['PATH'], asked['custom'], asked['appKey']), ('connect', '/hooks/connect', {'token': 'k-1'}, 'defaultApp'))
        self.assertEqual(headers['Content-Type'], 'application/json;charset=UTF-8')
        self.assertEqual(headers['Authorization'], 'Basic dXM6cGFzcy01ZjE=')
        self.assertTrue(signed(headers, 'sign-5f1'), headers)
        self.assertTrue(asked['nodeId'] and asked['sessionId'])
        self.assertNotIn('sipPassword', asked)

        # playStream: refused with the back-end's reason or WCS's word, or another stream.
        self.backend.answers['playStream'] = (403, '{"reason":"pay first"}')
        self.play(client, 'room1', custom={'ticket': 7})
        self.assertEqual(self.outcome(client), 'pay first')
        asked = self.backend.of('playStream')[-1]
        self.assertEqual((asked['name'], asked['mediaSessionId'], asked['custom'], asked['published']), ('room1', 'm-1', {'ticket': 7}, False))
        client.send('snapshot', {'mediaSessionId': 'm-3', 'name': 'room1'})
        [event] = client.wait('notifyStreamEvent')
        self.assertEqual((event['type'], event['payload']['info']), ('snapshotFailed', 'pay first'), 'a picture is no way round it')
        self.backend.answers['playStream'] = {'name': 'room1'}
        self.play(client, 'alias', session='m-2')
        self.assertEqual(self.outcome(client, 'm-2'), 'answered')

        # What is no good answer refuses: nonsense, a redirect, an error, silence.
        def late(handler, asked):
            time.sleep(1.5)
            handler.reply(200, '{}')
        elsewhere = Backend(self)
        bad = {'nonsense': (200, '<html>'), 'list': (200, '[]'), 'huge': (200, '"' + 'x' * 100_000 + '"'), 'error': 500,
               'redirect': lambda handler, asked: handler.reply(307, '', Location=elsewhere.url + '/playStream'), 'late': late}
        for name, answer in bad.items():
            with self.subTest(playStream=name):
                self.backend.answers['playStream'] = answer
                self.play(client, 'room1', session=name)
                self.assertNotEqual(self.outcome(client, name), 'answered')
        self.assertEqual(elsewhere.calls, [], 'a redirect is not followed')
        for name in ('nonsense', 'redirect', 'late'):
            self.backend.answers['connect'] = bad[name]
            self.assertTrue(self.refused_session('defaultApp'))
        self.backend.answers['connect'] = (403, '{"reason":"go away"}')
        self.assertEqual(self.refused_session('defaultApp'), 'go away')
        self.backend.answers['connect'] = 403
        self.assertEqual(self.refused_session('defaultApp'), 'Forbidden')

        # restClientConfig: a session's own rules.
        self.backend.answers['playStream'] = 500
        self.backend.answers['connect'] = {'restClientConfig': {'playStream': {'restOnError': 'LOG', 'restExclude': 'sdp,custom'}}}
        client, user = self.session()
        self.assertNotIn('restClientConfig', user)
        self.play(client, 'room1', custom={'a': 1})
        self.assertEqual(self.outcome(client), 'answered')
        asked = self.backend.of('playStream')[-1]
        self.assertTrue('sdp' not in asked and 'custom' not in asked, asked)
        self.backend.answers['connect'] = {'restClientConfig': {'playStream': {'restPolicy': 'DISABLE'}}}
        client, _ = self.session()
        count = len(self.backend.of('playStream'))
        self.play(client, 'room1')
        self.assertEqual(self.outcome(client), 'answered')
        self.assertEqual(len(self.backend.of('playStream')), count)
        self.backend.answers['connect'] = {'restClientConfig': {'playStream': {'restPolicy': 'PERHAPS'}}}
        self.assertTrue(self.refused_session('defaultApp'))

        # An app that nobody knows, a back-end that is not there, certificates.
        self.assertTrue(self.refused_session('unknownApp'))
        secure, others = Backend(self, certificates), Backend(self, Certificates(self.folder / 'others'))
        self.put('proven', app(secure, 'connect'))
        self.put('forged', app(others, 'connect'))
        self.put('gone', {'url': 'http://127.0.0.1:1/', 'methods': ['connect']})
        self.session('proven')
        self.assertTrue(self.refused_session('forged'))
        self.assertEqual(others.calls, [])
        self.assertTrue(self.refused_session('gone'))

        # WHEP and HLS: the token goes to the hook.
        self.backend.answers['playStream'] = lambda handler, asked: {} if asked['custom']['token'] == 'good' else 403
        self.backend.answers['playHLS'] = self.backend.answers['playStream']
        self.assertEqual(self.whep().status, 401)
        self.assertEqual(self.whep(Authorization='Bearer bad').status, 403)
        answer = self.whep(Authorization='Bearer good')
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(http('DELETE', self.server.base + answer.headers['Location']).status, 200)
        self.assertEqual(self.whep(query='?token=good').status, 201)
        self.assertEqual(self.whep(query='?appKey=unknownApp').status, 403)
        playlist = self.server.base + '/hls/room1/index.m3u8'
        self.assertEqual(http('GET', playlist).status, 401)
        self.assertEqual(http('GET', playlist + '?token=bad').status, 401)
        self.assertEqual(http('GET', playlist + '?token=good', timeout=30).status, 200)
        self.assertEqual(http('GET', playlist, headers={'Authorization': 'Bearer good'}, timeout=30).status, 200)
        self.assertEqual(len([a for a in self.backend.of('playHLS') if a['custom']['token'] == 'good']), 1, 'an answer is remembered')
        self.assertEqual(self.backend.of('playHLS')[0]['mediaProvider'], 'HLS')

        # The apps are in the file, for the next start; without them everyone is let in again.
        kept = json.loads((self.folder / 'apps.json').read_text())['apps']
        self.assertEqual(sorted(a['appKey'] for a in kept), ['defaultApp', 'forged', 'gone', 'proven'])
        for key in ('defaultApp', 'forged', 'gone', 'proven'):
            self.assertEqual(http('DELETE', f'{self.server.base}/v1/apps/{key}').status, 204)
        self.session('anyApp')

    def test_apps_hear_of_calls_and_streams_and_decide_on_calls_that_come_in(self):
        self.start(sip__incoming='app=trunk stream=in-{callee}')
        events = 'CallStatusEvent', 'StreamStatusEvent', 'ConnectionStatusEvent', 'stopStream'
        self.put('defaultApp', app(self.backend, *events, 'publishStream'))
        self.put('trunk', app(self.backend, 'OnCallEvent'))
        # The first try of each is answered "not now".
        turned_away = set()

        def not_at_first(handler, asked):
            if handler.headers['X-Sipcast-Event-Id'] in turned_away:
                return {}
            turned_away.add(handler.headers['X-Sipcast-Event-Id'])
            return 503
        self.call()
        self.backend.wait('CallStatusEvent', status='ESTABLISHED', callId='call-1', callee='bob', sipStatus=200)
        self.backend.wait('StreamStatusEvent', status='PUBLISHING', name='room1', published=True, mediaSessionId='call-1')
        self.assertEqual(self.backend.of('publishStream')[0]['name'], 'room1')
        client, user = self.session()
        self.backend.wait('ConnectionStatusEvent', status='ESTABLISHED')
        self.play(client, 'room1')
        self.assertEqual(self.outcome(client), 'answered')
        client.send('stopStream', {'mediaSessionId': 'm-1', 'name': 'room1'})
        self.backend.wait('stopStream', mediaSessionId='m-1')
        self.backend.wait('StreamStatusEvent', status='STOPPED', mediaSessionId='m-1', published=False)
        client.socket.close()
        client.input.close()
        self.backend.wait('ConnectionStatusEvent', status='DISCONNECTED')
        self.assertEqual(self.whep().status, 201)
        self.backend.wait('StreamStatusEvent', status='PLAYING', published=False, mediaProvider='WebRTC')
        self.backend.answers['CallStatusEvent'] = not_at_first
        self.server.terminate('call-1')
        self.backend.wait('CallStatusEvent', 2, status='FINISH')
        self.backend.wait('StreamStatusEvent', status='UNPUBLISHED', name='room1')
        order = [asked['status'] for asked in self.backend.of('CallStatusEvent')]
        self.assertEqual(order, sorted(order, key=['NEW', 'PENDING', 'TRYING', 'RING', 'ESTABLISHED', 'FINISH'].index), 'in the order in which it happened')
        self.backend.answers['publishStream'] = 403
        self.server.startup(**call_fields('call-2', 'secret', sipPort='1'))
        eventually(lambda: self.server.find('call-2') is None, what='the call whose stream is refused has ended')

        # Calls that come in.
        phone = Baresip(self, user='carol', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')

        def dial(callee):
            phone.events.clear()
            phone.command(f'dial sip:{callee}@127.0.0.1:{self.server.sip_port}')
        for answer, status in ((403, '403'), ({'status': 'BUSY'}, '486')):
            self.backend.answers['OnCallEvent'] = answer
            dial('cam1')
            self.assertIn(status, phone.wait_event('CALL_CLOSED')['param'])
        asked = self.backend.of('OnCallEvent')[0]
        self.assertEqual((asked['caller'], asked['callee'], asked['incoming'], asked['status'], asked['appKey']), ('carol', 'cam1', True, 'PENDING', 'trunk'))
        self.backend.answers['OnCallEvent'] = {'streamName': 'lobby'}
        dial('cam2')
        [call] = eventually(lambda: (found := self.server.rest('/call/find', {'status': 'ESTABLISHED'})).status == 200 and found.json(), what='the call')
        self.assertEqual((call['streamName'], call['callee'], call['appKey']), ('lobby', 'cam2', 'trunk'))
        self.server.terminate(call['callId'])

    def test_the_sdk_is_refused_and_changed(self):
        self.start()
        self.call()
        self.put('defaultApp', app(self.backend, 'connect', 'playStream'))
        page = f'{self.server.base}/client2/examples/demo/streaming/player/player.html'

        def sees(name, status, *more):
            return look(self, 'page', page, '--fill', f'#url={self.server.ws_url}', '--fill', f'#streamName={name}', '--click', '#playBtn', '--until', f'#status={status}', *more)
        self.backend.answers['playStream'] = {'name': 'room1'}
        self.assertGreater(sees('alias', 'PLAYING', '--secs', '2')['watch']['n'], 3)
        self.backend.answers['playStream'] = 403
        sees('room1', 'FAILED', '--no-video')
        self.backend.answers['connect'] = 403
        sees('room1', 'DISCONNECTED', '--no-video')
        self.assertEqual([asked['name'] for asked in self.backend.of('playStream')], ['alias', 'room1'])

    def test_a_back_end_in_a_private_network_is_not_asked_unless_it_is_allowed(self):
        file = self.folder / 'apps.json'
        self.backend = Backend(self)
        file.write_text(json.dumps({'apps': [{'appKey': 'defaultApp', **app(self.backend, 'connect')}]}))
        self.server = Server(self, apps__file=file)
        self.refused_session('defaultApp')
        self.assertEqual(self.backend.calls, [])
        self.assertIn('url.allow_private', self.server.log())
