"""The flight recorder: what operators see of a call, running or over, and what Wireshark makes of it."""
import json
import subprocess

from harness import PASSWORD, Baresip, Kamailio, Server, Sipp, TestCase, call_fields, fixtures, http


class TraceTest(TestCase):
    def get(self, name, **headers):
        return http('GET', f'{self.server.base}/v1/calls/{name}', headers=headers)

    def test_a_call_through_a_pbx_is_told_from_its_register_to_its_bye(self):
        pbx = Kamailio(self)
        Baresip(self, user='bob', reg=f'sip:127.0.0.1:{pbx.port}', wav=fixtures() / 'tone440.wav', video=fixtures() / 'clock-v.mp4', **{'pass': PASSWORD})
        self.server = Server(self, sip__srtp='optional')
        self.server.startup(**call_fields(sipPort=str(pbx.port), sipRegisterRequired='true'))
        self.server.wait_status('call-1', 'ESTABLISHED')
        self.server.process.wait_line(r'\[stream room1\] live')
        running = self.get('call-1/trace').json()
        self.assertEqual((running['status'], running['callee'], running['streamName']), ('ESTABLISHED', 'bob', 'room1'))
        steps = [running['startupMs'][step] for step in ('accepted', 'invite', 'trying', 'answered', 'firstMedia')]
        self.assertNotIn(None, steps, running['startupMs'])
        self.assertEqual(steps, sorted(steps))
        self.assertIn('m=audio', running['localSdp'])
        self.assertIn('m=audio', running['remoteSdp'])
        self.assertGreater(running['media']['audio']['packets'], 0)
        self.server.rest('/call/send_dtmf', {'callId': 'call-1', 'dtmf': '7', 'type': 'INFO_RELAY'})
        self.server.process.wait_line(r'< 200 OK \(\d+ INFO\)')
        self.server.terminate('call-1')
        self.server.process.wait_line(r'< 200 OK \(\d+ BYE\)')

        over = self.get('call-1/trace').json()
        summaries = [message['summary'] for message in over['messages']]
        for expected in ('REGISTER', '401', 'INVITE', '407', '200 Answering (INVITE)', 'ACK', 'INFO', 'BYE', '200 OK (BYE)'):
            self.assertTrue(any(expected in summary for summary in summaries), f'{expected} in {summaries}')
        self.assertGreater(over['media']['audio']['packets'], 0, 'figures of a call that is over')
        text = self.get('call-1/trace.txt').body.decode()
        self.assertEqual(self.get('call-1/trace', Accept='text/plain').body.decode(), text)
        self.assertRegex(text, r'\|---->\| 127\.0\.0\.1:\d+/(UDP|TCP)  INVITE sip:bob@.*\[audio: ')
        self.assertRegex(text, r'\* ESTABLISHED \(SIP 200\)')

        pcap = self.folder / 'trace.pcap'
        answer = self.get('call-1/trace.pcap')
        pcap.write_bytes(answer.body)
        self.assertEqual(answer.headers['Content-Type'], 'application/vnd.tcpdump.pcap')
        shark = subprocess.run(['tshark', '-r', pcap, '-d', f'udp.port=={self.server.sip_port},sip', '-o', 'udp.check_checksum:TRUE',
                                '-o', 'ip.check_checksum:TRUE', '-T', 'fields', '-e', 'sip.CSeq', '-e', 'ip.checksum.status',
                                '-e', 'udp.checksum.status', '-e', '_ws.malformed'],
                               capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(len(shark), len(over['messages']))
        for line in shark:
            cseq, ip, udp, malformed = line.split('\t')
            self.assertRegex(cseq, r'^\d+ [A-Z]+$')
            self.assertEqual((ip, udp, malformed), ('1', '1', ''))
        for shown in (json.dumps(over), text, answer.body.decode('latin1')):
            self.assertNotIn(PASSWORD, shown)
            self.assertNotRegex(shown, r'response=\\?"[0-9a-f]')
            self.assertNotRegex(shown, r'inline:[^x|]')
            self.assertNotRegex(shown, r'Signal=\s*7')

    def test_a_call_that_failed_is_kept_and_one_that_ended_well_goes(self):
        self.server = Server(self, trace__keep_ended='0', call_linger='0')
        peer = Sipp(self, 'uas-refuse.xml')
        self.server.startup(**call_fields(sipPort=str(peer.port)))
        self.server.wait_status('call-1', None)
        text = self.get('call-1/trace.txt').body.decode()
        self.assertRegex(text, r'Status:  BUSY, SIP 486')
        self.assertRegex(text, r'486 Busy Here \(INVITE\)')
        answer = self.get('nobody/trace')
        self.assertEqual((answer.status, answer.headers['Content-Type']), (404, 'application/problem+json'))
        self.assertEqual(answer.json()['title'], 'Not Found')
        self.assertIn('callId', answer.json()['detail'])
        self.assertEqual(self.get('call-1/other').status, 404)
