"""Our own pages, used as a person would, with the content security policy that the server sends."""
import json

from harness import Server, TestCase, TestPhone, call_fields, http, look, node
from test_push import RtmpServer

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

    def test_pages_come_with_a_strict_policy(self):
        for path in ('/', '/index.js', '/style.css'):
            policy = http('GET', self.server.base + path).headers['Content-Security-Policy']
            self.assertIn("default-src 'self'", policy)
            self.assertNotIn('unsafe', policy)
        page = http('GET', self.server.base + '/').body.decode()
        for inline in ('style=', 'onclick=', '<script>', '<style', 'http://', 'https://'):
            self.assertNotIn(inline, page)

    def test_the_player_waits_for_a_stream_that_is_not_there_yet(self):
        page = self.server.base + '/player?stream=later'
        seen = look(self, 'page', page, '--no-video', '--until', '#message=stream', '--text', '#message')
        self.report(page_says=repr(seen['text']))
