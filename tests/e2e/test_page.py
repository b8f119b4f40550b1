"""Our own pages, used as a person would, with the content security policy that the server sends."""
import http.server
import json
import threading

from harness import Server, TestCase, TestPhone, call_fields, look, node
from harness import http as request
from test_push import RtmpServer

class Guarded:
    """In front of the server: what is below /v1 wants a key."""

    def __init__(self, test, base, key):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                guarded = self.path.startswith('/v1/')
                if guarded and self.headers.get('Authorization') != f'Bearer {key}':
                    return self.answer(401, {'WWW-Authenticate': 'Basic realm="x"'}, b'{"title":"Unauthorized","status":401}')
                if self.path.startswith('/v1/events'):
                    return self.answer(200, {'Content-Type': 'text/event-stream'}, b'retry: 1000\n\n')
                reply = request('GET', base + self.path)
                self.answer(reply.status, {name: reply.headers[name] for name in ('Content-Type', 'Content-Security-Policy') if name in reply.headers}, reply.body)

            def answer(self, status, headers, body):
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        test.addCleanup(server.server_close)
        test.addCleanup(server.shutdown)
        self.base = f'http://127.0.0.1:{server.server_port}'


EVIL = '<img src=x onerror=alert(1)>'


class PageTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self, url__allow_private='true', record__dir=self.folder / 'records')

    def use(self, *steps, base=None):
        """What the operator's page showed, without an error, and without a request that its policy refuses."""
        path = self.folder / 'steps.json'
        path.write_text(json.dumps(steps))
        seen = node(self, 'dashboard.mjs', [base or self.server.base, self.folder, path], 120)
        self.assertEqual(seen['refused'], [], 'against the content security policy')
        return seen

    def form(self, **fields):
        fields = {'callee': 'phone', 'login': 'alice', 'domain': '127.0.0.1', **fields}
        return [('fill', f'#form [name={name}]', str(value)) for name, value in fields.items()] + [('click', '#form button')]

    def test_a_call_is_placed_watched_held_recorded_pushed_and_hung_up(self):
        phone, rtmp = TestPhone(self, '--sound', 'tone'), RtmpServer(self)
        seen = self.use(
            ('until', '#state', 'live'), *self.form(stream='lobby', port=phone.port), ('until', '#calls .badge', 'established'), ('until', '#streams .badge', 'live'),
            ('until', '#streams', 'H264 640×360'), ('text', 'stream', '#streams'),
            ('click', '#streams .actions > button'), ('until', '#viewers', 'playing'),
            ('eval', 'moving', 'new Promise(d => { const v = document.querySelector("#streams video"), t = setInterval(() => v.currentTime > 1 && v.videoWidth && (clearInterval(t), d(v.videoWidth)), 50) })'),
            ('click', '#streams .actions > button:nth-of-type(2)'), ('until', '#recordings', 'writing'),
            ('fill', '#streams form.inline input', f'rtmp://127.0.0.1:{rtmp.port}/live/lobby'), ('click', '#streams form.inline button'), ('until', '#pushes', 'publishing'),
            ('size', 1200, 1400), ('light',), ('shot', 'light'), ('dark',), ('shot', 'dark'), ('size', 390, 2600), ('shot', 'phone'),
            ('eval', 'wide', 'document.documentElement.scrollWidth'), ('size', 1200, 1000), ('light',),
            ('fill', '#calls form.inline input', '12'), ('click', '#calls form.inline button'),
            ('click', '#calls .actions button:nth-of-type(2)'), ('until', '#calls .badge', 'held'), ('click', '#calls .actions button:nth-of-type(2)'),
            ('until', '#calls .badge', 'established'),
            ('click', '#calls .actions button:nth-of-type(3)'), ('until', '#ladder-steps', 'INVITE'), ('until', '#ladder-times', 'first keyframe'),
            ('click', '#ladder-steps summary'), ('shot', 'ladder'), ('text', 'ladder', '#ladder-steps'), ('click', '#ladder-close'),
            ('click', '#pushes button'), ('until', '#no-pushes', 'Nothing'), ('gone', '#pushes li'), ('click', '#recordings button'), ('gone', '#recordings li'),
            ('click', '#streams .actions > button'), ('gone', '#viewers li'),
            ('until', '#events', 'call.established'), ('until', '#events', 'viewer.left'),
            ('click', '#calls .actions .danger'), ('gone', '#calls article'), ('gone', '#streams article'), ('until', '#events', 'call.ended'))
        self.assertIn('lobby', seen['stream'])
        self.assertEqual(seen['moving'], 640)
        self.assertLessEqual(seen['wide'], 390, 'it fits a phone')
        for word in ('INVITE', '200', 'ACK'):
            self.assertIn(word, seen['ladder'])
        self.assertEqual(seen['errors'], [])
        self.assertEqual(''.join(e['digit'] for e in phone.events if e.get('event') == 'dtmf'), '12')
        phone.wait_event('ended')

    def test_the_form_says_what_is_wrong(self):
        seen = self.use(('until', '#state', 'live'), *self.form(port='many'), ('until', '#error', 'port'), ('text', 'error', '#error'))
        self.assertIn('port', seen['error'])

    def test_what_strangers_write_is_text(self):
        phone = TestPhone(self)
        self.server.startup(**call_fields(EVIL, EVIL, sipPort=str(phone.port), visibleName=EVIL))
        self.server.startup(**call_fields('busy', 'busy', sipPort='9', callee=EVIL, sipLogin=EVIL))
        seen = self.use(('until', '#state', 'live'), ('until', '#streams', EVIL), ('click', '#calls .actions button:nth-of-type(3)'), ('until', '#ladder-steps', 'INVITE'),
                        ('eval', 'images', 'document.images.length'), ('eval', 'attributes', 'document.querySelectorAll("[onerror]").length'), ('shot', 'evil'))
        self.assertEqual((seen['images'], seen['attributes'], seen['errors']), (0, 0, []))

    def test_it_asks_for_a_key_where_the_server_wants_one_and_keeps_it(self):
        phone = TestPhone(self)
        self.server.startup(**call_fields(sipPort=str(phone.port)))
        seen = self.use(('until', '#login', 'asks for a key'), ('shot', 'login'), ('fill', '#login input', 'wrong'), ('click', '#login button'),
                        ('until', '#login-error', 'does not know'), ('fill', '#login input', 'sesame'), ('click', '#login button'), ('until', '#calls', 'alice'),
                        ('reload',), ('until', '#calls', 'alice'), ('eval', 'asks', 'document.getElementById("login").open'), base=Guarded(self, self.server.base, 'sesame').base)
        self.assertIs(seen['asks'], False)

    def test_pages_come_with_a_strict_policy(self):
        for path in ('/', '/index.js', '/style.css'):
            policy = request('GET', self.server.base + path).headers['Content-Security-Policy']
            self.assertIn("default-src 'self'", policy)
            self.assertNotIn('unsafe', policy)
        page = request('GET', self.server.base + '/').body.decode()
        for inline in ('style=', 'onclick=', '<script>', '<style', 'http://', 'https://'):
            self.assertNotIn(inline, page)

    def test_the_player_waits_for_a_stream_that_is_not_there_yet(self):
        page = self.server.base + '/player?stream=later'
        seen = look(self, 'page', page, '--no-video', '--until', '#message=stream', '--text', '#message')
        self.report(page_says=repr(seen['text']))
