"""A bad cable between two hosts on this machine: the server's side and the viewer's side are network namespaces (lab/net/link.py)."""
import contextlib
import ctypes
import os
import subprocess

from harness import LAB, Process

_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def inside(namespace):
    """What this thread opens and starts meanwhile lives in the namespace."""
    def enter(fd):
        if _libc.setns(fd, _CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')
    home, there = os.open('/proc/thread-self/ns/net', os.O_RDONLY), os.open(f'/run/netns/{namespace}', os.O_RDONLY)
    try:
        enter(there)
        yield
    finally:
        enter(home)
        os.close(home)
        os.close(there)


class BadCable(Process):
    """`to_viewer` and `from_viewer` are settings of link.py, like "loss=2 delay=20"."""

    SERVER_IP, VIEWER_IP = '10.77.0.1', '10.77.0.2'

    def __init__(self, test, to_viewer='', from_viewer='', seed=1):
        if not os.path.exists('/dev/net/tun') or os.geteuid() != 0:
            test.skipTest('needs root and /dev/net/tun')
        self._server, self._viewer = (f'sipcast-{os.getpid()}-{side}' for side in ('server', 'viewer'))
        super().__init__(test, 'cable', ['python3', LAB / 'net/link.py', self._server, f'{self.SERVER_IP}/24', self._viewer, f'{self.VIEWER_IP}/24',
                                         '--ab', to_viewer, '--ba', from_viewer, '--seed', seed], stdin=subprocess.PIPE)
        test.addCleanup(self.popen.stdin.close)
        self.wait_line('^up:')

    def change(self, line):
        """Another weather from now on, like "ba block=1" (link.py)."""
        self.popen.stdin.write(line.encode() + b'\n')
        self.popen.stdin.flush()

    def server_side(self):
        return inside(self._server)

    def viewer_side(self):
        return inside(self._viewer)
