"""Every pair of (transport, media security, audio, video, path) with a real phone and a real proxy, each decoded by a browser."""
import itertools

from harness import PASSWORD, Baresip, Browser, Certificates, Kamailio, Server, TestCase, call_fields, eventually, fixtures, http, tone_wav

# A covering array: any two values of two columns meet in some row; the test says so.
CELLS = [row.split() for row in '''
    tcp SDES  G722 H264/0 direct
    udp SDES  PCMU none   proxy
    udp SDES  PCMA VP8    direct
    tls SDES  opus H264/1 proxy
    udp SDES  PCMU VP8    direct
    tcp SDES  opus VP8    direct
    tls SDES  PCMA none   direct
    tcp SDES  PCMU H264/0 proxy
    tls SDES  PCMU VP8    direct
    udp SDES  PCMU H264/0 proxy
    tls plain opus none   direct
    tcp plain PCMA VP8    proxy
    udp plain G722 H264/1 proxy
    tls plain PCMU H264/0 proxy
    tcp plain PCMU H264/1 proxy
    udp plain opus H264/0 direct
    tls plain G722 VP8    proxy
    tcp plain G722 none   proxy
    tls plain PCMA H264/1 direct
    udp plain opus VP8    direct
    udp plain PCMA H264/0 direct
    tcp plain PCMA H264/1 proxy
    tls plain PCMU H264/1 proxy
    udp plain PCMU H264/0 direct
'''.strip().splitlines()]
AT_ONCE = 3


class InteropTest(TestCase):

    def phone(self, name, security, audio, video, path):
        sound = {'PCMU': fixtures() / 'tone440.wav', 'PCMA': fixtures() / 'tone440.wav', 'G722': tone_wav(16000), 'opus': ''}[audio]
        picture = {'none': {'video': 'none'}, 'VP8': {'vcodec': 'vp8'}, 'H264/0': {'pm': 0}, 'H264/1': {}}[video]
        registrar = {'reg': f'sip:127.0.0.1:{self.pbx.port}', 'pass': PASSWORD} if path == 'proxy' else {}
        return Baresip(self, name, user=name, audio=audio.lower(), wav=sound, cert=self.certificates.folder / 'server-all.pem', fps=15, size='320x180',
                       bitrate=300000, menc='srtp-mand' if security == 'SDES' else '', **{'video': fixtures() / 'clock-v.mp4', **picture}, **registrar)

    def call(self, name, phone, transport, security, audio, video, path):
        port = {('direct', 'tls'): phone.port + 1, ('proxy', 'tls'): self.pbx.tls_port, ('proxy', 'udp'): self.pbx.port,
                ('proxy', 'tcp'): self.pbx.port}.get((path, transport), phone.port)
        self.servers[security].startup(**call_fields(
            name, name, callee=name, hasVideo=str(video != 'none').lower(), sipPort=str(port),
            sipOutboundProxy=f'sip:127.0.0.1:{port};transport={transport}'))

    def check(self, cell, seen):
        """'' or what is wrong with it."""
        _, _, audio, video, _ = cell
        if 'error' in seen:
            return seen['error']
        if audio.lower() not in seen['audio'].lower() or abs(seen['hz'] - 440) > 20 or seen['heard'] < 5:
            return f'no {audio} tone: {seen}'
        if video != 'none' and (video.split('/')[0] not in seen['video'] or seen['frames'] < 6 or seen['unreadable'] > 2 or seen['back']):
            return f'no {video} picture: {seen}'
        return ''

    def test_every_pair_is_seen_and_heard(self):
        columns = [sorted(set(column)) for column in zip(*CELLS)]
        for (i, a), (j, b) in itertools.combinations(enumerate(columns), 2):
            self.assertEqual({(row[i], row[j]) for row in CELLS}, set(itertools.product(a, b)))

        self.certificates = Certificates(self.folder / 'tls')
        self.pbx = Kamailio(self, certificates=self.certificates)
        tls = {'sip__tls__ca': self.certificates.ca, 'sip__tls__client_cert': self.certificates.folder / 'client.pem',
               'sip__tls__client_key': self.certificates.folder / 'client.key', 'tls__cert': self.certificates.folder / 'server.pem',
               'tls__key': self.certificates.folder / 'server.key'}
        # UDP is to be UDP, whatever the size.
        self.servers = {'plain': Server(self, sip__srtp='optional', sip__udp_max=65000, **tls),
                        'SDES': Server(self, name='server-srtp', sip__srtp='required', sip__udp_max=65000, **tls)}
        browser = Browser(self, self.servers['plain'].base)
        table, wrong = [], []
        for first in range(0, len(CELLS), AT_ONCE):
            batch = [(f'cell{i}', CELLS[i]) for i in range(first, min(first + AT_ONCE, len(CELLS)))]
            phones = [self.phone(name, *cell[1:]) for name, cell in batch]
            for (name, cell), phone in zip(batch, phones):
                self.call(name, phone, *cell)
            failed = {}
            for name, cell in batch:
                call = self.servers[cell[1]].wait_status(name, 'ESTABLISHED', 'FAILED', 'BUSY', 'FINISH', timeout=20)
                if call['status'] != 'ESTABLISHED':
                    failed[name] = f'{call["status"]}: {call["cause"]}'
            looked = [(name, cell) for name, cell in batch if name not in failed]
            seen = browser.look([{'id': name, 'url': f'{self.servers[cell[1]].base}/whep/{name}', 'video': cell[3] != 'none'} for name, cell in looked])
            for (name, cell), what in zip(looked, seen):
                failed[name] = self.check(cell, what)
                self.servers[cell[1]].terminate(name)
            seen = {what['id']: what for what in seen}
            for (name, cell), phone in zip(batch, phones):
                phone.stop()
                good = not failed[name]
                what = seen.get(name, {})
                table.append(f'{" ".join(f"{word:6}" for word in cell)}  {"ok  " if good else "FAIL"}  {what.get("frames", 0):3} frames, {what.get("hz", 0):3} Hz')
                if not good:
                    wrong.append(f'{" ".join(cell)}: {failed[name]}')
        print('\n'.join('      ' + line for line in table), flush=True)
        self.assertFalse(wrong, '\n'.join(wrong))


class DeviceTest(TestCase):
    def test_a_rule_of_sip_devices_makes_another_offer(self):
        server = Server(self, sip__devices='account=door* h264_mode=0 video_bandwidth=300; callee=nobody direction=recvonly')
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4')
        offers = {}
        for login in ('door1', 'alice'):
            server.startup(**call_fields(login, login, sipLogin=login, sipPort=str(phone.port)))
            server.wait_status(login, 'ESTABLISHED')
            eventually(lambda: f'[stream {login}] live' in server.log(), what='live')
            offers[login] = http('GET', f'{server.base}/v1/calls/{login}/trace').json()['localSdp']
            server.terminate(login)
        self.assertIn('b=TIAS:300000', offers['door1'])
        self.assertNotIn('packetization-mode=1', offers['door1'])
        self.assertIn('packetization-mode=1', offers['alice'])
        self.assertNotIn('b=TIAS', offers['alice'])
