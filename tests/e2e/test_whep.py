"""WHEP to the letter, and as clients see it that share no code: an npm client in Chromium, and aiortc."""
import json
import subprocess

from harness import LAB, PASSWORD, Process, Server, TestCase, TestPhone, call_fields, eventually, free_ports, http, look

FRAGMENT = 'application/trickle-ice-sdpfrag'
OFFER = '\r\n'.join(['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 's=-', 't=0 0', 'a=group:BUNDLE 0', 'm=video 9 UDP/TLS/RTP/SAVPF 96', 'c=IN IP4 0.0.0.0', 'a=ice-ufrag:abcd',
                     'a=ice-pwd:abcdefghijklmnopqrstuvwx', 'a=fingerprint:sha-256 ' + ':'.join(['AB'] * 32), 'a=setup:actpass', 'a=mid:0', 'a=recvonly', 'a=rtcp-mux',
                     'a=rtpmap:96 {codec}/90000', ''])


class WhepTest(TestCase):
    def start(self, **options):
        self.server = Server(self, **options)
        self.phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(self.phone.port)))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.url = self.server.base + '/whep/room1'

    def post(self, body=OFFER.replace('{codec}', 'H264'), kind='application/sdp', path='room1'):
        return http('POST', f'{self.server.base}/whep/{path}', body.encode(), {'Content-Type': kind})

    def patch(self, url, body, kind=FRAGMENT, **headers):
        return http('PATCH', url, body.encode(), {'Content-Type': kind, **{name.replace('_', '-'): value for name, value in headers.items()}})

    def assert_problem(self, answer, status, words=''):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers['Content-Type'], 'application/problem+json')
        self.assertEqual(answer.json()['status'], status)
        self.assertIn(words, answer.json()['detail'])

    def test_the_protocol_to_the_letter(self):
        turn = f'turn:bob:{PASSWORD}@turn.example.com:3478?transport=udp'
        self.start(webrtc__ice_servers=f'stun:stun.example.com, {turn}')
        made = self.post()
        self.assertEqual(made.status, 201, made)
        self.assertEqual(made.headers['Content-Type'], 'application/sdp')
        self.assertEqual(made.headers.get_all('Link'), [
            '<stun:stun.example.com>; rel="ice-server"',
            f'<turn:turn.example.com:3478?transport=udp>; rel="ice-server"; username="bob"; credential="{PASSWORD}"; credential-type="password"'])
        for name in ('Location', 'ETag', 'Link'):
            self.assertIn(name, made.headers['Access-Control-Expose-Headers'])
        viewer, tag = self.server.base + made.headers['Location'], made.headers['ETag']
        self.assertRegex(tag, '^".+"$')

        ours = 'a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n'
        candidate = 'a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\na=end-of-candidates\r\n'
        self.assertEqual(self.patch(viewer, ours + candidate, If_Match=tag).status, 204)
        self.assert_problem(self.patch(viewer, ours), 428, 'If-Match')
        self.assert_problem(self.patch(viewer, ours, If_Match='"other"'), 412, 'another ICE session')
        self.assert_problem(self.patch(viewer, ours.replace('abcd', 'new1', 1), If_Match='*'), 422, 'ICE restart')
        self.assert_problem(self.patch(viewer, ours + 'a=candidate:nonsense\r\n', If_Match=tag), 400, 'candidate')
        self.assert_problem(self.patch(viewer, ours, 'application/sdp', If_Match=tag), 415, FRAGMENT)
        self.assert_problem(self.patch(viewer[:-4] + '0000', ours, If_Match=tag), 404)

        self.assert_problem(self.post(kind='text/plain'), 415, 'application/sdp')
        self.assert_problem(self.post('v=0\r\n'), 400)
        self.assert_problem(self.post(path='nobody'), 404, 'no stream')
        self.assert_problem(self.post(OFFER.replace('{codec}', 'VP9')), 406, 'VP9')
        for method in ('GET', 'PUT'):
            self.assertEqual(http(method, self.url).status, 405)

        asked = http('OPTIONS', self.url, headers={'Origin': 'https://b.example', 'Access-Control-Request-Method': 'PATCH',
                                                   'Access-Control-Request-Headers': 'content-type,if-match,authorization'})
        self.assertEqual((asked.status, asked.headers['Accept-Post']), (200, 'application/sdp'))
        for method in ('POST', 'PATCH', 'DELETE'):
            self.assertIn(method, asked.headers['Access-Control-Allow-Methods'])
        self.assertIn('if-match', asked.headers['Access-Control-Allow-Headers'])

        self.assertEqual(http('DELETE', viewer).status, 200)
        self.assert_problem(http('DELETE', viewer), 404)
        self.assert_problem(self.patch(viewer, ours, If_Match=tag), 404)

    def test_an_npm_client_plays_with_trickle(self):
        self.start()
        seen = look(self, 'whip-whep', self.url, '--secs', '2')
        self.assertGreater(seen['watch']['n'], 20)
        self.assertAlmostEqual(seen['tone']['hz'], 440, delta=20)
        self.assertEqual(seen['deleted'], 200)
        eventually(lambda: self.server.rest('/stream/find', {'name': 'room1'}).json()[0]['viewers'] == 0, 5, 'the viewer is gone')

    def test_a_turn_server_is_told_of_and_crossed(self):
        port, relays = free_ports(), free_ports(20)
        turn = Process(self, 'turn', ['turnserver', '-n', '--listening-ip', '127.0.0.1', '--relay-ip', '127.0.0.1', '-p', port, '--min-port', relays, '--max-port', relays + 19,
                                      '--lt-cred-mech', '--user', 'bob:relay-me', '--realm', 'lab', '--allow-loopback-peers', '--no-cli', '--no-tls', '--no-dtls',
                                      '--log-file', 'stdout', '--simple-log', '--pidfile', self.folder / 'turn.pid', '--userdb', self.folder / 'turn.db'], cwd=self.folder)
        self.start(webrtc__ice_servers=f'turn:bob:relay-me@127.0.0.1:{port}?transport=udp')
        seen = look(self, 'whip-whep', self.url, '--secs', '2', '--relay')
        self.report(pair=seen['stats']['pair'])
        self.assertIn('relay', seen['stats']['pair']['local'])
        self.assertGreater(seen['watch']['n'], 5)
        self.assertTrue(turn.running())
        page = look(self, 'page', f'{self.server.base}/player?stream=room1', '--secs', '1')
        self.assertGreater(page['watch']['n'], 3)

    def test_aiortc_plays(self):
        self.start()
        done = subprocess.run(['/usr/bin/python3', LAB / 'tools/whep_aiortc.py', self.url, '4'], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        seen = json.loads(done.stdout)
        self.report(**seen)
        self.assertEqual((seen['status'], seen['deleted'], seen['size']), (201, 200, '640x360'))
        self.assertGreater(seen['pictures'], 30)
        self.assertGreater(seen['audio'], 80)
