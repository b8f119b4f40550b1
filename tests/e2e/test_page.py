"""Our own pages, used as a person would."""
from harness import Server, TestCase, TestPhone, call_fields, look


class PageTest(TestCase):
    def setUp(self):
        super().setUp()
        self.server = Server(self)

    def test_the_form_places_a_call_that_the_page_then_lists_and_hangs_up(self):
        phone = TestPhone(self)
        fields = {'callee': 'phone', 'toStream': 'lobby', 'sipLogin': 'alice', 'sipDomain': '127.0.0.1', 'sipPort': phone.port}
        fill = [word for name, value in fields.items() for word in ('--fill', f'[name={name}]={value}')]
        seen = look(self, 'page', self.server.base + '/', '--no-video', *fill, '--click', '#form button', '--until', '#calls=ESTABLISHED', '--until', '#streams=live',
                    '--text', '#streams')
        self.assertIn('lobby', seen['text'])
        look(self, 'page', self.server.base + '/', '--no-video', '--until', '#calls=ESTABLISHED', '--click', '#calls button', '--until', '#no-calls=No call')
        self.server.wait_status('lobby', None)
        phone.wait_event('ended')

    def test_the_form_says_what_is_wrong(self):
        fill = ['--fill', '[name=callee]=phone', '--fill', '[name=sipLogin]=alice', '--fill', '[name=sipDomain]=127.0.0.1', '--fill', '[name=sipPort]=many']
        seen = look(self, 'page', self.server.base + '/', '--no-video', *fill, '--click', '#form button', '--until', '#error=sipPort', '--text', '#error')
        self.assertIn('sipPort', seen['text'])

    def test_the_player_waits_for_a_stream_that_is_not_there_yet(self):
        page = self.server.base + '/player?stream=later'
        seen = look(self, 'page', page, '--no-video', '--until', '#message=stream', '--text', '#message')
        self.report(page_says=repr(seen['text']))
