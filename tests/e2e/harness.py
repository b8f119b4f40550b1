"""What the end-to-end tests stand on: free ports, processes that always end, the server under test, phones, and the browser.

Only the standard library. Every process that a test starts carries an environment variable of that test, so that after it nothing may be left."""
import contextlib
import fcntl
import hashlib
import json
import math
import os
import pathlib
import random
import re
import signal
import socket
import struct
import subprocess
import threading
import time
import unittest
import urllib.error
import urllib.request
import wave

ROOT = pathlib.Path(__file__).resolve().parents[2]
LAB = ROOT / 'tests/e2e/lab'
BINARY = pathlib.Path(os.environ.get('SIPCAST_BIN', ROOT / 'build/dev/sipcast')).absolute()
SDK = LAB / 'browser/node_modules/@flashphoner/websdk'
MARK = 'E2E_TEST'


def _take_slot():
    """The first of a few slots that no other run on this machine holds, so that runs side by side share neither ports nor folders."""
    for slot in range(4):
        lock = open(f'/tmp/sipcast-e2e-{slot}.lock', 'w')
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return slot, lock  # held until the end of the process
        lock.close()
    raise SystemExit('four runs of the end-to-end tests are under way already')


SLOT, _lock = _take_slot()
OUT = ROOT / 'build' / (f'e2e-{SLOT}' if SLOT else 'e2e')


# --- ports

_given = set()


def _is_free(port, ip='127.0.0.1'):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET6 if ':' in ip else socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((ip, port))
            except OSError:
                return False
    return True


def free_ports(count=1, even=False):
    """The first of `count` neighbouring ports that are free for UDP and TCP, and given to nobody else in this test."""
    for _ in range(500):
        first = random.randrange(20000 + 3000 * SLOT, 23000 + 3000 * SLOT - count, 2 if even else 1)
        ports = range(first, first + count)
        if not _given.intersection(ports) and all(map(_is_free, ports)):
            _given.update(ports)
            return first
    raise RuntimeError('no free ports')


# --- waiting

def eventually(condition, timeout=10.0, what='condition'):
    """Asks until `condition()` gives something true, and returns that."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'not within {timeout:g} s: {what}')
        time.sleep(0.03)


# --- processes

class Process:
    """A child in the foreground of its own process group, its output in a file."""

    def __init__(self, test, name, command, cwd=None, env=None, stdin=subprocess.DEVNULL):
        self.name, self.test = name, test
        self.log_path = test.folder / f'{name}.log'
        # The server reads SIPCAST_* as options.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith('SIPCAST_')}
        environment = {**inherited, MARK: test.mark, **(env or {})}
        with open(self.log_path, 'ab') as log:
            self.popen = subprocess.Popen([str(c) for c in command], stdin=stdin, stdout=log, stderr=subprocess.STDOUT,
                                          cwd=cwd, env=environment, start_new_session=True)
        test.addCleanup(self.stop)

    def log(self):
        return self.log_path.read_text(errors='replace')

    def running(self):
        return self.popen.poll() is None

    def wait_line(self, pattern, timeout=10.0):
        def seen():
            match = re.search(pattern, self.log(), re.M)
            if not match and not self.running():
                raise AssertionError(f'{self.name} ended with {self.popen.returncode} before "{pattern}":\n{tail(self.log())}')
            return match
        return eventually(seen, timeout, f'"{pattern}" in the log of {self.name}')

    def wait_end(self, timeout=10.0):
        """The exit status."""
        try:
            return self.popen.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(f'{self.name} still runs after {timeout:g} s') from None

    def stop(self, timeout=3.0):
        """SIGTERM, then SIGKILL to its group. Returns the exit status."""
        if self.running():
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(timeout)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, signal.SIGKILL)
        return self.popen.wait()


def tail(text, lines=25):
    return '\n'.join(text.splitlines()[-lines:])


def marked_processes(mark):
    """{pid: command line} of the processes that carry the mark of a test."""
    wanted, found = f'{MARK}={mark}'.encode(), {}
    for folder in pathlib.Path('/proc').glob('[0-9]*'):
        with contextlib.suppress(OSError):
            if wanted in (folder / 'environ').read_bytes().split(b'\0') and b'State:\tZ' not in (folder / 'status').read_bytes():
                found[int(folder.name)] = (folder / 'cmdline').read_bytes().replace(b'\0', b' ').decode(errors='replace')
    return found


# --- the test case

class TestCase(unittest.TestCase):
    """Gives a test its folder below build/e2e, and fails it when a process of its own is left."""

    def setUp(self):
        _given.clear()  # nothing of the test before runs any more
        self.mark = f'{os.getpid()} {self.id()}'
        self.folder = OUT / self.id().removeprefix('__main__.')
        self.folder.mkdir(parents=True, exist_ok=True)
        for old in self.folder.glob('*.log'):
            old.unlink()
        self.addCleanup(self._check_leftovers)

    def _check_leftovers(self):
        try:
            eventually(lambda: not marked_processes(self.mark), 5, 'end of all processes of the test')
        except AssertionError:
            left = marked_processes(self.mark)
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.fail(f'left running: {left}')

    def report(self, **figures):
        """Figures that a reader of the run wants to see, whether or not they are asserted."""
        print('      measured: ' + ', '.join(f'{name} {value}' for name, value in figures.items()), flush=True)


# --- HTTP

class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f'{self.status} {self.body[:300]!r}'


def http(method, url, body=None, headers=None, timeout=10):
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=body)
    try:
        with urllib.request.urlopen(request, timeout=timeout) as reply:
            return Answer(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


# --- the server under test

class Server:
    """build/dev/sipcast (or SIPCAST_BIN) on free ports of the loopback. Keywords are options, with "_" for ".":
    sip__port is sip.port, call_linger stays as it is."""

    def __init__(self, test, start=True, calls=4, name='server', **options):
        self.test, self.name = test, name
        media = free_ports(4 * calls, even=True)
        self.http_port, self.https_port, self.ws_port, self.wss_port = (free_ports() for _ in range(4))
        self.sip_port, self.sip_tls_port, self.webrtc_port = (free_ports() for _ in range(3))
        self.options = {
            'http.port': self.http_port, 'https.port': self.https_port, 'ws.port': self.ws_port, 'wss.port': self.wss_port,
            'legacy.ports': 'false', 'ip_local': '127.0.0.1', 'ip': '127.0.0.1', 'sip.port': self.sip_port, 'sip.tls.port': self.sip_tls_port,
            'media_port_from': media, 'media_port_to': media + 4 * calls - 1,  # audio and video of so many calls: a leak shows at once
            'hls.port': 0, 'hls.tls.port': 0, 'webrtc.port': self.webrtc_port, 'media.loops': 1, 'client.dir': SDK, 'log.level': 'debug',
            **{name.replace('__', '.'): value for name, value in options.items()}}
        self.config = test.folder / f'{name}.conf'
        self.config.write_text(''.join(f'{name} = {value}\n' for name, value in self.options.items()))
        host = '[::1]' if ':' in self.options['ip_local'] else '127.0.0.1'
        self.base = f'http://{host}:{self.http_port}'
        self.ws_url = f'ws://{host}:{self.ws_port}'
        self.process, self.exit_status = None, 0
        if start:
            self.start()

    def start(self):
        if not BINARY.exists():
            raise AssertionError(f'{BINARY} is not there: scripts/test builds it')
        self.process = Process(self.test, self.name, [BINARY, '--config', self.config])
        self.test.addCleanup(self._check_log)

        def healthy():
            if not self.process.running():
                raise AssertionError(f'the server ended with {self.process.popen.returncode}:\n{tail(self.log())}')
            try:
                return http('GET', self.base + '/healthz', timeout=2).status == 200
            except OSError:
                return False
        eventually(healthy, 15, 'GET /healthz 200')

    def _check_log(self):
        status = self.process.stop(10)
        self.test.assertEqual(status, self.exit_status, f'exit status of the server:\n{tail(self.log())}')
        self.test.assertNotIn(PASSWORD, self.log(), 'a password in the log')

    def log(self):
        return self.process.log()

    def call_log(self, call_id):
        return '\n'.join(line for line in self.log().splitlines() if f'[call {call_id}]' in line)

    def rest(self, path, fields=None, method='POST'):
        """POST /rest-api/PATH with the fields as JSON."""
        body = None if method == 'GET' else json.dumps(fields if fields is not None else {}).encode()
        return http(method, f'{self.base}/rest-api{path}', body, {'Content-Type': 'application/json'} if body else {})

    def startup(self, **fields):
        answer = self.rest('/call/startup', fields)
        self.test.assertEqual((answer.status, answer.body), (200, b''), f'startup {fields.get("callId")}: {answer}')

    def find(self, call_id):
        """The call's object, or None when it is not found."""
        answer = self.rest('/call/find', {'callId': call_id})
        if answer.status == 404:
            return None
        self.test.assertEqual(answer.status, 200, answer)
        return answer.json()[0]

    def status(self, call_id):
        call = self.find(call_id)
        return call and call['status']

    def wait_status(self, call_id, *wanted, timeout=10.0):
        """Waits until the call has one of these statuses (None: not found) and returns its object."""
        seen = []

        def reached():
            call = self.find(call_id)
            status = call and call['status']
            if not seen or seen[-1] != status:
                seen.append(status)
            return status in wanted and (call or {'status': None})
        try:
            return eventually(reached, timeout)
        except AssertionError:
            raise AssertionError(f'call {call_id}: wanted {wanted}, saw {seen} in {timeout:g} s\n{tail(self.log())}') from None

    def terminate(self, call_id):
        answer = self.rest('/call/terminate', {'callId': call_id})
        self.test.assertEqual((answer.status, answer.body), (200, b''), answer)


PASSWORD = 'lab-secret-7f3'  # unlike any word that a log could hold by chance


def call_fields(call_id='call-1', stream='room1', **more):
    """The thirteen fields of the reference, all of them strings."""
    return {'callId': call_id, 'callee': 'bob', 'toStream': stream, 'hasAudio': 'true', 'hasVideo': 'true', 'sipLogin': 'alice',
            'sipAuthenticationName': 'alice', 'sipPassword': PASSWORD, 'sipDomain': '127.0.0.1', 'sipOutboundProxy': '127.0.0.1',
            'sipPort': '5060', 'appKey': 'defaultApp', 'sipRegisterRequired': 'false', **more}


# --- peers

class Certificates:
    """An authority with pairs that it has signed: `server` (for 127.0.0.1, ::1 and localhost) and `client`, each as .pem, .key and both in -all.pem."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.ca = folder / 'ca.pem'
        self._openssl('req', '-x509', '-days', '2', '-subj', '/CN=lab authority', '-keyout', folder / 'ca.key', '-out', self.ca)
        self._sign('server', 'subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:pbx.lab')
        self._sign('client', 'subjectAltName=DNS:sipcast.lab')

    def _openssl(self, command, *options):
        new_key = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes') if '-keyout' in options else ()
        subprocess.run([str(word) for word in ('openssl', command, *new_key, *options)], check=True, capture_output=True)

    def _sign(self, name, extension):
        path = self.folder / name
        extensions = path.with_suffix('.ext')
        extensions.write_text(extension + '\n')
        self._openssl('req', '-subj', f'/CN=lab {name}', '-keyout', path.with_suffix('.key'), '-out', path.with_suffix('.csr'))
        self._openssl('x509', '-req', '-days', '2', '-in', path.with_suffix('.csr'), '-CA', self.ca, '-CAkey', self.folder / 'ca.key',
                      '-CAcreateserial', '-extfile', extensions, '-out', path.with_suffix('.pem'))
        (self.folder / f'{name}-all.pem').write_text(path.with_suffix('.key').read_text() + path.with_suffix('.pem').read_text())


class NameServer:
    """DNS on the loopback, in a thread. `records`: {(name, type): [data, ...]}; data of A is text, of SRV (priority, weight, port, host), of NAPTR
    (order, preference, service, name). All else is NXDOMAIN."""
    TYPES = {1: 'A', 33: 'SRV', 35: 'NAPTR'}

    def __init__(self, test, records):
        self.records, self.asked = records, []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.address = '127.0.0.1:%d' % self.socket.getsockname()[1]
        threading.Thread(target=self._run, daemon=True).start()
        test.addCleanup(self.socket.close)

    @staticmethod
    def _name(text):
        return b''.join(bytes([len(label)]) + label.encode() for label in text.split('.')) + b'\0'

    def _data(self, kind, data):
        if kind == 'A':
            return socket.inet_aton(data)
        if kind == 'SRV':
            return struct.pack('>HHH', *data[:3]) + self._name(data[3])
        order, preference, service, name = data
        return struct.pack('>HH', order, preference) + b'\1s' + bytes([len(service)]) + service.encode() + b'\0' + self._name(name)

    def _run(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(512)
            except OSError:
                return
            labels, at = [], 12
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode().lower())
                at += 1 + query[at]
            kind = self.TYPES.get(int.from_bytes(query[at + 1:at + 3], 'big'))
            self.asked.append(('.'.join(labels), kind))
            found = self.records.get(self.asked[-1], [])
            answers = b''.join(b'\xc0\x0c' + query[at + 1:at + 5] + struct.pack('>IH', 60, len(data)) + data
                               for data in (self._data(kind, record) for record in found))
            self.socket.sendto(query[:2] + struct.pack('>HHHHH', 0x8580 if found else 0x8583, 1, len(found), 0, 0) + query[12:at + 5] + answers, peer)


class Kamailio(Process):
    """Registrar and proxy with digest; every user's password is PASSWORD. With certificates it speaks TLS, too, on `tls_port`, and lets in only
    who has a certificate of the authority."""

    def __init__(self, test, *defines, certificates=None):
        self.port, self.tls_port = free_ports(), free_ports()
        run = test.folder / 'kamailio'
        run.mkdir(exist_ok=True)
        config = run / 'kamailio.cfg'
        config.write_text((LAB / 'kamailio/kamailio.cfg').read_text().replace('"secret"', f'"{PASSWORD}"'))
        where = [option for transport in ('udp', 'tcp') for option in ('-l', f'{transport}:127.0.0.1:{self.port}')]
        if certificates:
            where += ['-l', f'tls:127.0.0.1:{self.tls_port}']
            defines = (*defines, 'TLS')
            config.write_text(config.read_text().replace('CERTIFICATES', str(certificates.folder)))
        super().__init__(test, 'kamailio-process', ['kamailio', '-f', config, '-Y', run, '-w', run, *where, '-DD', '-E', '-m', '64', '-M', '8',
                                                    *(flag for define in defines for flag in ('-A', define))])
        eventually(self._answers, 10, 'Kamailio answers OPTIONS')

    def _answers(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.3)
            probe.connect(('127.0.0.1', self.port))
            own = probe.getsockname()[1]
            probe.send(f'OPTIONS sip:127.0.0.1:{self.port} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{random.getrandbits(40)}\r\n'
                       f'From: <sip:probe@lab>;tag=1\r\nTo: <sip:127.0.0.1:{self.port}>\r\nCall-ID: {random.getrandbits(40)}\r\nCSeq: 1 OPTIONS\r\n'
                       'Max-Forwards: 5\r\nContent-Length: 0\r\n\r\n'.encode())
            try:
                return probe.recv(2000).startswith(b'SIP/2.0')
            except OSError:
                return False


class Baresip(Process):
    """A baresip with its control connection: `events` are the JSON objects that it has told so far."""

    def __init__(self, test, name='phone', **options):
        self.port, control = free_ports(2), free_ports()
        self.events = []
        options = {'video': 'none', **options}
        command = [LAB / 'baresip/baresip-peer.sh', test.folder / name, f'port={self.port}', f'ctrl={control}']
        super().__init__(test, name + '-process', command + [f'{key}={value}' for key, value in options.items()])
        self._socket = eventually(lambda: self._connect(control), 10, 'control port of baresip')
        test.addCleanup(self._socket.close)
        threading.Thread(target=self._read, daemon=True).start()
        if 'reg' in options:
            self.wait_line(r'200 OK .*\[\d+ bindings?\]|REGISTER_OK')

    def _connect(self, port):
        if not self.running():
            raise AssertionError(f'baresip ended:\n{tail(self.log())}')
        with contextlib.suppress(OSError):
            return socket.create_connection(('127.0.0.1', port), 1)

    def _read(self):
        data = b''
        self._socket.settimeout(None)
        while True:
            try:
                more = self._socket.recv(65536)
            except OSError:
                return
            if not more:
                return
            data += more
            while b':' in data:  # netstrings
                size, rest = data.split(b':', 1)
                if len(rest) <= int(size):
                    break
                self.events.append(json.loads(rest[:int(size)]))
                data = rest[int(size) + 1:]

    def command(self, words):
        name, _, params = words.partition(' ')
        text = json.dumps({'command': name, 'params': params}).encode()
        self._socket.sendall(b'%d:%s,' % (len(text), text))

    def wait_event(self, kind, timeout=10.0):
        return eventually(lambda: next((e for e in self.events if e.get('type') == kind), None), timeout, f'{kind} at baresip, which told {self.events}')


class Sipp(Process):
    """One scenario of the lab (or a text of a scenario), answering one call; exit status 0 says that it went as written."""

    def __init__(self, test, scenario, replace=(), options=(), ip='127.0.0.1'):
        self.port = free_ports()
        text = (LAB / 'sipp' / scenario).read_text()
        for old, new in replace:
            assert old in text, f'{scenario} has no "{old}"'
            text = text.replace(old, new)
        path = test.folder / scenario
        path.write_text(text)
        super().__init__(test, path.stem, ['sipp', '-sf', path, '-i', ip, '-p', self.port, '-mi', ip, '-mp', free_ports(4, even=True),
                                           '-nostdin', '-m', '1', *options], cwd=fixtures())
        eventually(lambda: not _is_free(self.port, ip), 5, 'the port of sipp')


class TestPhone(Process):
    """Our built-in phone, for `calls` at a time. `events` are the JSON lines that it has printed."""

    def __init__(self, test, *options, name='test-phone', calls=10):
        self.port = free_ports()
        rtp = free_ports(4 * calls, even=True)
        super().__init__(test, name, [BINARY, 'phone', '--listen', f'127.0.0.1:{self.port}', '--rtp-ports', f'{rtp}-{rtp + 4 * calls - 1}', *options])
        eventually(lambda: not _is_free(self.port) or not self.running(), 5, 'the port of the test phone')
        test.assertTrue(self.running(), self.log())

    @property
    def events(self):
        lines = (line for line in self.log().splitlines() if line.startswith('{'))
        return [json.loads(line) for line in lines]

    def wait_event(self, kind, timeout=10.0):
        return eventually(lambda: next((e for e in self.events if e.get('event') == kind), None), timeout, f'{kind} at the phone, which told {self.events}')


# --- fixtures and the browser

def fixtures():
    """The folder of make-fixtures.sh, made once, and again when its makers change."""
    folder = ROOT / 'build/e2e-fixtures'
    makers = b''.join((LAB / 'fixtures' / name).read_bytes() for name in ('make-fixtures.sh', 'mkpcap.py', 'barcode.sh'))
    complete = folder / f'complete-{hashlib.sha256(makers).hexdigest()[:16]}'
    if not complete.exists():
        subprocess.run([LAB / 'fixtures/make-fixtures.sh', folder, '20'], check=True, stdout=subprocess.DEVNULL)
        complete.touch()
    return folder


def tone_wav(rate, hz=440):
    """A WAV file of half a minute of a sine; baresip hangs up at its end."""
    path = fixtures() / f'tone{hz}-{rate}-30s.wav'
    if not path.exists():
        with wave.open(str(path), 'wb') as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(rate)
            out.writeframes(b''.join(int(12000 * math.sin(2 * math.pi * hz * n / rate)).to_bytes(2, 'little', signed=True) for n in range(30 * rate)))
    return path


def node(test, script, args, timeout):
    """What a script of lab/browser has printed as JSON."""
    process = Process(test, f'browser-{time.monotonic_ns() // 1_000_000}', ['node', LAB / 'browser' / script, *args])
    status = process.wait_end(timeout)
    log = process.log()
    test.assertEqual(status, 0, f'{script} {" ".join(map(str, args))}:\n{tail(log, 40)}')
    return json.loads(re.search(r'^[{[]([}\]]$|$.*^[}\]]$)', log, re.M | re.S)[0])


def look(test, mode, url, *args, timeout=90):
    """What a headless Chromium saw and heard (lab/browser/check.mjs), as a dictionary."""
    shot = test.folder / 'page.png'
    return node(test, 'check.mjs', [mode, url, '--shot', shot, *args], timeout)


class Browser(Process):
    """One headless Chromium that looks at WHEP streams, several at once (lab/browser/cells.mjs)."""

    def __init__(self, test, origin, secs=2):
        super().__init__(test, 'browser', ['node', LAB / 'browser/cells.mjs', origin, '--secs', secs], stdin=subprocess.PIPE)
        self.answers = 0
        test.addCleanup(self.popen.stdin.close)
        self.wait_line('^"ready"', 40)

    def look(self, streams, timeout=40):
        """`streams`: [{'id', 'url', 'video'}]; what was seen and heard of each, in their order."""
        self.popen.stdin.write(json.dumps(streams).encode() + b'\n')
        self.popen.stdin.flush()
        self.answers += 1

        def lines():
            found = re.findall(r'^\[.*\]$', self.log(), re.M)
            return len(found) >= self.answers and found
        return json.loads(eventually(lines, timeout, 'answer of the browser')[self.answers - 1])


class Player(Process):
    """A WebRTC viewer that is no browser (lab/tools/rtc_player.py), for tests that do the signalling themselves."""

    def __init__(self, test):
        super().__init__(test, f'player-{time.monotonic_ns() // 1_000_000}', ['/usr/bin/python3', LAB / 'tools/rtc_player.py'], stdin=subprocess.PIPE)
        self.offers = 0
        test.addCleanup(self.popen.stdin.close)

    def _write(self, value):
        self.popen.stdin.write(json.dumps(value).encode() + b'\n')
        self.popen.stdin.flush()

    def offer(self):
        """Of a new peer connection that would receive sound and picture, its candidates included."""
        self._write(None)
        self.offers += 1
        found = eventually(lambda: (offers := re.findall(r'^".*"$', self.log(), re.M))[self.offers - 1:], 20, 'an offer')
        return json.loads(found[0])

    def take(self, answer):
        """The answer to the last offer."""
        self._write(answer)


def join(test, url, *args, timeout=120):
    """What viewers saw that joined one after the other (lab/browser/join.mjs), as a list."""
    return node(test, 'join.mjs', [url, *args], timeout)


# --- WebSocket (RFC 6455), as much as signalling needs

class WebSocket:
    """A client that sends text and reads JSON messages."""

    def __init__(self, test, port, path='/', host='127.0.0.1'):
        self.socket = socket.create_connection((host, port), 5)
        test.addCleanup(self.socket.close)
        self.socket.sendall(f'GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
                            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nOrigin: http://pages.example\r\n\r\n'.encode())
        self.input = self.socket.makefile('rb')
        status = self.input.readline()
        assert b' 101 ' in status, status
        while self.input.readline().strip():
            pass

    def send_frame(self, opcode, payload):
        size, mask = len(payload), os.urandom(4)
        head = bytes([0x80 | opcode]) + (bytes([0x80 | size]) if size < 126 else bytes([0x80 | 126]) + size.to_bytes(2, 'big') if size < 65536
                                         else bytes([0x80 | 127]) + size.to_bytes(8, 'big'))
        self.socket.sendall(head + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))

    def send(self, message, *data):
        self.send_frame(1, json.dumps({'message': message, 'data': list(data)}).encode())

    def receive(self, timeout=10):
        """The next JSON message; None when the other side has closed. A WebSocket ping is answered."""
        self.socket.settimeout(timeout)
        while True:
            head = self.input.read(2)
            if len(head) < 2:
                return None
            opcode, size = head[0] & 15, head[1] & 127
            if size >= 126:
                size = int.from_bytes(self.input.read(2 if size == 126 else 8), 'big')
            payload = self.input.read(size)
            if opcode == 8:
                return None
            if opcode == 9:
                self.send_frame(10, payload)
            if opcode == 1:
                return json.loads(payload)

    def wait(self, message, timeout=10):
        """The data of the next message of that name."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            got = self.receive(timeout)
            assert got is not None, f'closed while waiting for {message}'
            if got['message'] == message:
                return got['data']
        raise AssertionError(f'no {message} in {timeout} s')
