#!/usr/bin/env python3
"""What many RTMP pushes at once cost, as a line of a Markdown table: the figures of docs/outputs.md. Not a test.

    push_load.py [--pushes 100] [--streams 10] [--seconds 20]

SIPCAST_BIN names the binary. The pushes go to one nginx on this machine, which costs as much again: the server's own CPU time is what is told."""
import argparse
import os
import sys
import time
import unittest

from harness import Server, TestCase, TestPhone, call_fields, eventually
from test_push import RtmpServer


def usage(pid):
    fields = open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()
    status = dict(line.split(':\t', 1) for line in open(f'/proc/{pid}/status').read().splitlines() if ':\t' in line)
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK'), int(status['VmRSS'].split()[0]), int(status['Threads'])


class Experiment(TestCase):
    def runTest(self):
        server = Server(self, calls=options.streams, url__allow_private='true', push__max=1000, log__level='info')
        nginx = RtmpServer(self)
        for group in range(0, options.streams, 10):
            phone = TestPhone(self, '--size', '320x180', '--fps', '15', '--bitrate', '300', name=f'phone-{group}')
            for n in range(group, min(group + 10, options.streams)):
                server.startup(**call_fields(f's{n}', f's{n}', sipPort=str(phone.port)))
        for n in range(options.streams):
            server.wait_status(f's{n}', 'ESTABLISHED')
        pid = server.process.popen.pid
        idle = self.measure(pid)
        for n in range(options.pushes):
            answer = server.rest('/push/startup', {'streamName': f's{n % options.streams}', 'rtmpUrl': f'{nginx.url}/p{n}', 'rtmpTransponderFullUrl': True})
            self.assertEqual(answer.status, 200, answer)
        pushes = lambda: server.rest('/push/find_all').json()
        eventually(lambda: all(p['status'] == 'PUBLISHING' for p in pushes()), 60, 'all publish')
        before = sum(p['bytes'] for p in pushes())
        started = time.monotonic()
        busy = self.measure(pid)
        rate = 8 * (sum(p['bytes'] for p in pushes()) - before) / (time.monotonic() - started) / 1e6
        dropped = sum(p['framesDropped'] for p in pushes())
        ended = time.monotonic()
        for n in range(options.streams):
            server.terminate(f's{n}')
        eventually(lambda: server.rest('/push/find_all').status == 404, 20, 'all end')
        print('| pushes of streams | CPU, % of a core (calls alone) | memory a push | threads (calls alone) | sent | frames dropped | load of the machine |\n|---|---|---|---|---|---|---|')
        print(f'| {options.pushes} of {options.streams} | {busy[0]:.0f} ({idle[0]:.0f}) | {(busy[1] - idle[1]) / options.pushes:.0f} KiB | {busy[2]} ({idle[2]}) '
              f'| {rate:.0f} Mbit/s | {dropped} | {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores |')
        print(f'all ended after {time.monotonic() - ended:.1f} s')

    def measure(self, pid):
        """Per cent of a core over the time, and memory and threads at its end."""
        cpu, *_ = usage(pid)
        time.sleep(options.seconds)
        after, memory, threads = usage(pid)
        return 100 * (after - cpu) / options.seconds, memory, threads


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--pushes', type=int, default=100)
    parser.add_argument('--streams', type=int, default=10)
    parser.add_argument('--seconds', type=float, default=20)
    options = parser.parse_args()
    sys.exit(not unittest.TextTestRunner().run(Experiment()).wasSuccessful())
