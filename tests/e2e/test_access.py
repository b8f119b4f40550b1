"""Who may use REST, and whom calls may go to."""
import base64
import json
import os
import re
import subprocess

from harness import BINARY, PASSWORD, ROOT, Server, TestCase, TestPhone, call_fields, eventually, http, tail


def basic(user, password):
    return {'Authorization': 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()}


def bearer(token):
    return {'Authorization': f'Bearer {token}'}


class AccessTest(TestCase):
    def command(self, *words, text='', status=0):
        done = subprocess.run([BINARY, *words, '--file', self.file], input=text, capture_output=True, text=True)
        self.assertEqual(done.returncode, status, done.stderr)
        return done.stdout.strip() or done.stderr.strip()

    def post(self, path, headers, **fields):
        return http('POST', self.server.base + path, json.dumps(fields).encode(), {'Content-Type': 'application/json', **headers})

    def test_users_and_keys_and_what_they_may(self):
        self.file = self.folder / 'auth.conf'
        self.file.unlink(missing_ok=True)
        self.command('user', 'add', 'alice', text=f'{PASSWORD}\n')
        dialer = self.command('key', 'add', 'dialer', 'scopes=calls', 'calls=1', 'calls_per_hour=2')
        viewer = self.command('key', 'add', 'viewer', 'scopes=streams')
        self.assertIn('"scopes=root"', self.command('key', 'add', 'bad', 'scopes=root', status=1))
        self.command('user', 'remove', 'nobody', status=1)
        self.command('user', status=2)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        for secret in (PASSWORD, dialer, viewer):
            self.assertNotIn(secret, self.file.read_text())
        self.server = Server(self, disable_rest_auth='false', auth__file=self.file, auth__max_failures=4, record__download='true', record__dir=self.folder / 'records',
                             rest_access_control_headers='Access-Control-Allow-Origin: https://a.example; Access-Control-Allow-Credentials: true')

        # Nobody, a wrong password, a wrong key, another scheme.
        unknown = self.server.rest('/call/find_all')
        self.assertEqual(unknown.status, 401)
        self.assertEqual(unknown.json()['error'], 'unauthorized')
        self.assertEqual([value.split()[0] for value in unknown.headers.get_all('WWW-Authenticate')], ['Basic', 'Bearer'])
        self.assertEqual(unknown.headers['Access-Control-Allow-Origin'], 'https://a.example')
        for headers in (basic('alice', 'wrong'), basic('bob', PASSWORD), bearer(dialer + 'x')):
            answer = self.post('/rest-api/call/find_all', headers)
            self.assertEqual((answer.status, answer.json()['status']), (401, 401), headers)
        # A preflight, the page and the health need nobody; with a user and with a key REST works.
        self.assertEqual(http('OPTIONS', self.server.base + '/rest-api/call/startup').status, 200)
        self.assertEqual(http('GET', self.server.base + '/player').status, 200)
        self.assertEqual(self.post('/rest-api/call/find_all', basic('alice', PASSWORD)).status, 404)
        self.assertEqual(self.post('/rest-api/call/find_all', bearer(dialer)).status, 404)
        # Scopes.
        for path, headers, status in (('/rest-api/stream/find', bearer(dialer), 403), ('/rest-api/call/find_all', bearer(viewer), 403),
                                      ('/rest-api/stream/find', bearer(viewer), 404), ('/v1/emergency-stop', bearer(dialer), 403),
                                      ('/rest-api/recorder/find_all', bearer(dialer), 403), ('/rest-api/recorder/find_all', bearer(viewer), 404)):
            answer = self.post(path, headers)
            self.assertEqual(answer.status, status, f'{path} {answer}')
            if status == 403:
                self.assertIn('has no scope', answer.body.decode())
        for headers, status in (({}, 401), (bearer(dialer), 403), (bearer(viewer), 200)):
            self.assertEqual(http('GET', self.server.base + '/rest-api/recorder/files', headers=headers).status, status)

        # The key's limits: one call at once, two in an hour.
        phone = TestPhone(self)
        startup = '/rest-api/call/startup'
        self.assertEqual(self.post(startup, bearer(dialer), **call_fields('a', 'a', sipPort=str(phone.port))).status, 200)
        answer = self.post(startup, bearer(dialer), **call_fields('b', 'b', sipPort=str(phone.port)))
        self.assertEqual(answer.status, 429, answer)
        self.assertIn('calls=1 of the key dialer', answer.json()['message'])
        self.assertEqual(self.post('/rest-api/call/terminate', bearer(dialer), callId='a').status, 200)
        self.assertEqual(self.post(startup, bearer(dialer), **call_fields('c', 'c', sipPort=str(phone.port))).status, 200)
        self.assertEqual(self.post('/rest-api/call/terminate', bearer(dialer), callId='c').status, 200)
        answer = self.post(startup, bearer(dialer), **call_fields('d', 'd', sipPort=str(phone.port)))
        self.assertEqual(answer.status, 429, answer)
        self.assertIn('calls_per_hour=2 of the key dialer', answer.json()['message'])
        self.assertIn('calls_per_hour=2 of the key dialer', self.server.log())
        self.assertEqual(self.post(startup, basic('alice', PASSWORD), **call_fields('e', 'e', sipPort=str(phone.port))).status, 200)

        # The file is read again; what was remembered of the old one is forgotten.
        self.command('key', 'remove', 'viewer')
        self.command('user', 'add', 'alice', text='another\n')
        self.server.process.popen.send_signal(1)
        self.server.process.wait_line('auth.file is read again')
        self.assertEqual(self.post('/rest-api/stream/find', bearer(viewer)).status, 401)
        # That was the fourth failure of this address.
        locked = self.post('/rest-api/call/find_all', basic('alice', 'another'))
        self.assertEqual(locked.status, 429, locked)
        self.assertLessEqual(int(locked.headers['Retry-After']), 60)
        self.assertEqual(http('GET', self.server.base + '/healthz').status, 200)
        for secret in (dialer, viewer):
            self.assertNotIn(secret, self.server.log())

    def test_whom_calls_may_go_to_and_the_emergency_stop(self):
        phone = TestPhone(self, calls=4)
        self.server = Server(self, calls=4, dial__deny='0900*, *@evil.example, @203.0.113.0/24', dial__max_calls='2', sip__incoming='stream=in-{caller}')
        for fields, rule in (({'callee': '0-900.123'}, 'dial.deny: 0900*'), ({'callee': 'sip:bob@evil.example'}, 'dial.deny: *@evil.example'),
                             ({'sipOutboundProxy': 'evil.example'}, 'dial.deny: *@evil.example'), ({'callee': 'bob@203.0.113.9'}, 'dial.deny: @203.0.113.0/24')):
            answer = self.server.rest('/call/startup', {**call_fields(sipPort=str(phone.port)), **fields})
            self.assertEqual((answer.status, answer.json()['error']), (403, 'forbidden'), answer)
            self.assertTrue(answer.json()['message'].startswith(rule), answer)
            self.assertIn(rule, self.server.log())
        for name in ('a', 'b'):
            self.server.startup(**call_fields(name, name, sipPort=str(phone.port)))
            self.server.wait_status(name, 'ESTABLISHED')
        answer = self.server.rest('/call/startup', call_fields('c', 'c', sipPort=str(phone.port)))
        self.assertEqual(answer.status, 429, answer)
        self.assertTrue(answer.json()['message'].startswith('dial.max_calls: 2'), answer)
        answer = self.server.rest('/call/transfer', {'callId': 'a', 'target': '0900666'})
        self.assertEqual(answer.status, 403, answer)
        self.assertIn('dial.deny: 0900*', answer.json()['message'])

        url = self.server.base + '/v1/emergency-stop'
        self.assertEqual(http('POST', url).json(), {'stopped': True, 'running': 0, 'ended': 2})
        eventually(lambda: sum(event['event'] == 'ended' for event in phone.events) == 2, 5, f'both calls end at the phone: {phone.log()}')
        answer = self.server.rest('/call/startup', call_fields('d', 'd', sipPort=str(phone.port)))
        self.assertEqual(answer.status, 403, answer)
        self.assertTrue(answer.json()['message'].startswith('emergency-stop'), answer)
        self.assertTrue(http('GET', url).json()['stopped'])
        self.assertFalse(http('DELETE', url).json()['stopped'])
        self.server.startup(**call_fields('e', 'e', sipPort=str(phone.port)))
        self.server.wait_status('e', 'ESTABLISHED')

    def test_the_commands_of_security_md_and_hooks_md_do_what_they_say(self):
        server = Server(self, apps__file=self.folder / 'apps.json')
        (self.folder / 'bin').mkdir(exist_ok=True)
        (self.folder / 'auth.conf').unlink(missing_ok=True)
        link = self.folder / 'bin/sipcast'
        link.unlink(missing_ok=True)
        link.symlink_to(BINARY)
        environment = {**os.environ, 'PATH': f'{link.parent}:{os.environ["PATH"]}'}
        for page, count in (('security.md', 3), ('hooks.md', 1)):
            blocks = re.findall(r'^```sh run\n(.*?)^```$', (ROOT / 'docs' / page).read_text(), re.M | re.S)
            self.assertGreaterEqual(len(blocks), count, page)
            for block in blocks:
                with self.subTest(block):
                    done = subprocess.run(['bash', '-euo', 'pipefail', '-c', block.replace('127.0.0.1:8081', f'127.0.0.1:{server.http_port}')], cwd=self.folder,
                                          env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)
                    self.assertEqual(done.returncode, 0, tail(done.stdout + done.stderr))
        self.assertRegex((self.folder / 'watcher.key').read_text(), r'^sipcast_watcher_\w{40}\n$')
