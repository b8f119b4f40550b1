#!/usr/bin/env python3
"""What a viewer sees who joins in the middle of a 10 s GOP of a deaf phone, as a Markdown table: the experiment behind docs/adr/0007. Not a test; takes minutes.

    replay_table.py [--phases 1,5,9] [--sizes 640x360,1280x720] [--networks fast,slow,lossy] [--audio yes,no]

SIPCAST_BIN names the binary. One viewer at a time, in headless Chromium, behind a cable between two network namespaces."""
import argparse
import sys
import unittest

from harness import Server, TestCase, TestPhone, call_fields, join
from networks import BadCable

NETWORKS = {'fast': ('', ''), 'slow': ('rate=3000 delay=10', 'delay=10'), 'lossy': ('loss=2 delay=10', 'delay=10')}
BITRATE = {'640x360': '600', '1280x720': '1500'}
GOP = 10


class Experiment(TestCase):
    def runTest(self):
        print('| network | picture | sound | joined at | first frame | behind | freezes | longest gap | resent |\n|---|---|---|---|---|---|---|---|---|')
        for network in options.networks:
            for size in options.sizes:
                for audio in options.audio:
                    for phase in options.phases:
                        v = self.one(network, size, audio, phase)
                        print(f'| {network} | {size} | {audio} | {phase} s | {v["firstFrameMs"]} ms | {v["behindMs"]} ms | {v["freezes"]} | {v["longestGapMs"]} ms | {v["resent"]} |',
                              flush=True)

    def one(self, network, size, audio, phase):
        self.setUp()  # each run is a test of its own
        try:
            cable = BadCable(self, *NETWORKS[network])
            with cable.server_side():
                server = Server(self, ip_local='0.0.0.0', ip=cable.SERVER_IP)
                phone = TestPhone(self, '--timecode', 'clock-ms', '--gop', str(GOP), '--ignore-pli', '--size', size, '--bitrate', BITRATE[size],
                                  *([] if audio == 'yes' else ['--audio', 'none']))
                server.startup(**call_fields(sipPort=str(phone.port)))
                server.wait_status('call-1', 'ESTABLISHED')
                epoch = phone.wait_event('established')['time_ms']
            with cable.viewer_side():
                [viewer] = join(self, f'http://{cable.SERVER_IP}:{server.http_port}/whep/room1', '--epoch', epoch, '--at', phase, '--gop', GOP, '--until', phase + 5)
            return viewer
        finally:
            self.doCleanups()


def words(kind):
    return lambda text: [kind(word) for word in text.split(',')]


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--phases', type=words(int), default=[1, 3, 5, 7, 9])
    parser.add_argument('--sizes', type=words(str), default=list(BITRATE))
    parser.add_argument('--networks', type=words(str), default=list(NETWORKS))
    parser.add_argument('--audio', type=words(str), default=['yes', 'no'])
    options = parser.parse_args()
    sys.exit(not unittest.TextTestRunner().run(Experiment()).wasSuccessful())
