"""The process: how it starts, what it refuses, how it ends."""
import os
import signal
import socket
import ssl
import subprocess
import time

from harness import BINARY, Baresip, Server, Sipp, TestCase, call_fields, eventually, fixtures, http


class EndTest(TestCase):
    def test_sigterm_says_bye_and_ends_within_two_seconds(self):
        server = Server(self)
        phone = Baresip(self, user='bob', wav=fixtures() / 'tone440.wav')
        server.startup(**call_fields(sipPort=str(phone.port)))
        server.wait_status('call-1', 'ESTABLISHED')
        ringing = Sipp(self, 'uas-noanswer.xml')
        server.startup(**call_fields('call-2', 'room2', sipPort=str(ringing.port)))
        server.wait_status('call-2', 'RING')
        started = time.monotonic()
        server.process.popen.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait_end(5), 0)
        took = time.monotonic() - started
        self.report(seconds=round(took, 2))
        self.assertLess(took, 2.5)  # 2 s, and the time to notice on a busy machine
        phone.wait_event('CALL_CLOSED', 2)
        self.assertEqual(ringing.wait_end(5), 0, 'CANCEL')

    def test_sigterm_ends_an_idle_server_at_once(self):
        server = Server(self)
        started = time.monotonic()
        server.process.popen.send_signal(signal.SIGTERM)
        self.assertEqual(server.process.wait_end(5), 0)
        self.assertLess(time.monotonic() - started, 1)


class CertificateTest(TestCase):
    def make_pair(self, name):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', f'/CN={name}',
                        '-keyout', self.folder / 'tls.key', '-out', self.folder / 'tls.crt'], check=True, capture_output=True)

    def test_sighup_takes_a_new_certificate_and_never_a_bad_one(self):
        self.make_pair('first')
        server = Server(self, tls__cert=self.folder / 'tls.crt', tls__key=self.folder / 'tls.key')
        shown = lambda: ssl.get_server_certificate(('127.0.0.1', server.https_port), timeout=5)
        first = shown()
        self.make_pair('second')
        self.assertEqual(shown(), first, 'only when told to')
        server.process.popen.send_signal(signal.SIGHUP)
        second = eventually(lambda: (now := shown()) != first and now, 5, 'the new certificate')
        (self.folder / 'tls.crt').write_text('no certificate')
        server.process.popen.send_signal(signal.SIGHUP)
        server.process.wait_line('stays as it was')
        self.assertEqual(shown(), second)


class StartTest(TestCase):
    def run_with(self, *args, **environment):
        """Exit status and all output of a start that is expected to end by itself."""
        done = subprocess.run([BINARY, *map(str, args)], env={'PATH': os.environ['PATH'], **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=10)
        return done.returncode, done.stdout

    def config(self, *lines):
        path = self.folder / 'bad.conf'
        path.write_text('\n'.join(lines) + '\n')
        return path

    def test_one_line_says_ready_with_every_url(self):
        server = Server(self)
        for port in (server.http_port, server.https_port, server.ws_port, server.wss_port):
            self.assertRegex(server.log(), rf':{port}\b')

    def test_a_wrong_value_stops_the_start_with_file_line_and_reason(self):
        for line in ('sip.port = x', 'http.port = 70000', 'media_port_from = -1', 'legacy.ports = perhaps', 'log.level = loud'):
            with self.subTest(line=line):
                path = self.config('# a comment', '', line)
                status, output = self.run_with('--config', path)
                self.assertNotEqual(status, 0)
                self.assertIn(f'{path}:3', output)
                self.assertIn(line.split(' = ')[0], output)

    def test_a_name_that_means_nothing_here_is_a_warning_with_its_line(self):
        path = self.config('http.port = 8081', 'rtmp.some_old_setting = 5')
        status, output = self.run_with('--check', '--config', path)
        self.assertEqual(status, 0, output)
        self.assertIn(f'{path}:2', output)
        self.assertIn('rtmp.some_old_setting', output)

    def test_a_whole_flashphoner_properties_loads(self):
        meant = ('ip=127.0.0.1', 'ip_local=0.0.0.0', 'media_port_from=31001', 'media_port_to=32000', 'ws.port=8080', 'wss.port=8443')
        foreign = ('codecs=opus,alaw,ulaw,g729,speex16,g722,mpeg4-generic,telephone-event,h264,vp8,flv,mpv', 'codecs_exclude_sip=mpeg4-generic,flv,mpv',
                   'codecs_exclude_streaming=flv,telephone-event', 'codecs_exclude_sip_rtmp=opus,g729,g722,mpeg4-generic,vp8,mpv',
                   'h264_strict_kframe_detect=true', 'h264_sps_rbsp_scale=2', 'hold_ip_settings=true', 'periodic_fir_request = true', 'use_strict_jitter_buffer = true')
        path = self.config('# Config flashphoner.properties', '#server ip', *meant, '#codecs', *foreign)
        status, output = self.run_with('--check', '--config', path)
        self.assertEqual(status, 0, output)
        for number, line in enumerate(foreign, 4 + len(meant)):
            self.assertRegex(output, rf'{path}:{number}:? .*{line.split("=")[0].strip()}')
        self.assertEqual(output.count('warning'), len(foreign), output)

    def test_a_missing_file_is_said(self):
        status, output = self.run_with('--config', self.folder / 'nowhere.conf')
        self.assertNotEqual(status, 0)
        self.assertIn('nowhere.conf', output)

    def test_environment_and_command_line_are_checked_too(self):
        status, output = self.run_with('--check', SIPCAST_HTTP_PORT='x')
        self.assertNotEqual(status, 0)
        self.assertIn('SIPCAST_HTTP_PORT', output)
        status, output = self.run_with('--check', '--http.port=x')
        self.assertNotEqual(status, 0)
        self.assertIn('http.port', output)

    def test_help_lists_the_options(self):
        status, output = self.run_with('--help')
        self.assertEqual(status, 0)
        for name in ('http.port', 'webrtc.port', 'media_port_from', 'call_linger'):
            self.assertIn(name, output)

    def test_a_busy_port_is_named(self):
        for name, kind in (('http.port', socket.SOCK_STREAM), ('sip.port', socket.SOCK_DGRAM), ('webrtc.port', socket.SOCK_DGRAM)):
            with self.subTest(port=name), socket.socket(socket.AF_INET, kind) as other:
                other.bind(('127.0.0.1', 0))
                if kind == socket.SOCK_STREAM:
                    other.listen()
                port = other.getsockname()[1]
                server = Server(self, start=False, **{name.replace('.', '__'): port})
                status, output = self.run_with('--config', server.config)
                self.assertNotEqual(status, 0)
                self.assertRegex(output, rf'\b{port}\b')

    def test_without_listeners_for_tls_it_starts(self):
        server = Server(self, https__port=0, wss__port=0)
        self.assertEqual(http('GET', server.base + '/healthz').status, 200)

    def test_idle_it_sleeps(self):
        server = Server(self)
        stat = lambda: sum(map(int, open(f'/proc/{server.process.popen.pid}/stat').read().rsplit(')', 1)[1].split()[11:13]))
        before = stat()
        time.sleep(1)
        self.assertLessEqual(stat() - before, 3, 'clock ticks of CPU in an idle second')
