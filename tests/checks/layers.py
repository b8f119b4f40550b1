#!/usr/bin/env python3
"""Checks that every #include of the sources keeps to the layers: docs/architecture.md, "Folders are layers".

Prints one line a finding, and exits with 1 when there is any."""
import pathlib
import re
import sys

# A folder of src, and the folders whose headers it may include besides its own. cmake/layers.cmake says the same to the linker.
_PROTOCOLS = 'base net media rtp sdp sip secure webrtc mp4 hls http stream ffmpeg'
LAYERS = {
    'base': '',
    'net': 'base',
    'media': 'base',
    'ctl': 'base',
    'rtp': 'base media',
    'sdp': 'base media',
    'sip': 'base sdp',
    'secure': 'base',
    'webrtc': 'base media rtp sdp secure',
    'mp4': 'base media',
    'hls': 'base media mp4',
    'http': 'base net',
    'fetch': 'base',
    'config': 'base',
    'stream': 'base media rtp',
    'ffmpeg': 'base media',
    'ingest': _PROTOCOLS,
    'egress': _PROTOCOLS + ' ingest',
    'control': _PROTOCOLS + ' fetch ingest egress',
    'phone': 'base net media rtp sdp sip ffmpeg',
    'app': _PROTOCOLS + ' fetch config ingest egress control phone',
    'testing': _PROTOCOLS + ' fetch config ingest egress control phone app',
}

# Headers that cost seconds to compile or are C libraries, and the folders that own them: only in their .cpp files, and in headers of ours that
# say so in their name and are for such .cpp files only.
HEAVY = [
    (re.compile(r'boost/(asio|beast)[./]'), re.compile(r'_asio\.hpp$'), 'net http control app phone'),
    (re.compile(r'curl/'), re.compile(r'_curl\.hpp$'), 'fetch ctl'),
    (re.compile(r'ares(_|\.h)'), re.compile(r'_ares\.hpp$'), 'net'),
    (re.compile(r'openssl/'), re.compile(r'_(openssl|asio)\.hpp$'), 'base net sip secure http'),
    (re.compile(r'lib(av[a-z]+|swresample|swscale)/'), re.compile(r'_libav\.hpp$'), 'ffmpeg'),
]
FOR_TESTS = re.compile(r'_for_tests\.hpp$')  # may hold what it likes; only tests include it

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def findings(path, text):
    """What is wrong in one file. `path` is below src, like 'rtp/rtcp.cpp'."""
    folder = path.split('/')[0]
    if folder not in LAYERS:
        return [f'src/{path}: the folder {folder} is not in the table of layers']
    allowed = {folder, *LAYERS[folder].split()}
    is_source, is_test = path.endswith('.cpp'), path.endswith('_test.cpp') or bool(FOR_TESTS.search(path))
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target, where = match[2], f'src/{path}:{number}'
        for library, ours, owners in HEAVY:
            if not library.match(target) and not (match[1] == '"' and ours.search(target)):
                continue
            if folder not in owners.split():
                found.append(f'{where}: {target} is for {owners.replace(" ", ", ")}')
            elif not is_source and not is_test and not ours.search(path):
                found.append(f'{where}: {target} is heavy: only in .cpp files, or in a header whose name says so')
            break
        if match[1] == '<':
            continue
        target_folder = target.split('/')[0]
        if '/' not in target:
            found.append(f'{where}: write the folder, too: "{folder}/{target}"')
        elif target_folder == 'testing' and is_test:
            continue
        elif target_folder not in allowed:
            found.append(f'{where}: {folder} may not include {target_folder} ("{target}")')
        elif FOR_TESTS.search(target) and not is_test:
            found.append(f'{where}: {target} is for tests')
    return found


def cmake_differences(text):
    """Where cmake/layers.cmake and the table above disagree."""
    found = []
    for name, rest in re.findall(r'^sipcast_layer\((\w+)([^)]*)\)', text, re.M):
        depends = re.search(r'DEPENDS((?: [a-z0-9_]+)*)', rest)
        depends = set(depends[1].split()) if depends else set()
        if name not in LAYERS:
            found.append(f'cmake/layers.cmake: {name} is not in the table of tests/checks/layers.py')
        elif depends != set(LAYERS[name].split()):
            found.append(f'cmake/layers.cmake: {name} differs from tests/checks/layers.py in {sorted(depends ^ set(LAYERS[name].split()))}')
    return found


def self_test():
    def one(path, line):
        return len(findings(path, line))
    assert one('rtp/x.cpp', '#include "media/packet.hpp"') == 0
    assert one('rtp/x.cpp', '#include "stream/stream.hpp"') == 1
    assert one('rtp/x.cpp', '#include "x.hpp"') == 1
    assert one('http/x.cpp', '#include <boost/asio/ip/tcp.hpp>') == 0
    assert one('http/x.hpp', '#include <boost/asio.hpp>') == 1
    assert one('net/loop_asio.hpp', '#include <boost/asio.hpp>') == 0
    assert one('http/x.cpp', '#include "net/loop_asio.hpp"') == 0
    assert one('ingest/x.cpp', '#include "net/loop_asio.hpp"') == 1
    assert one('net/x.hpp', '#include "net/loop_asio.hpp"') == 1
    assert one('http/tls_openssl.hpp', '#include <openssl/ssl.h>') == 0
    assert one('http/server.hpp', '#include "http/tls_openssl.hpp"') == 1
    assert one('secure/peer_for_tests.hpp', '#include <openssl/ssl.h>') == 0
    assert one('secure/dtls.cpp', '#include "secure/peer_for_tests.hpp"') == 1
    assert one('stream/x.cpp', '#include <libavcodec/avcodec.h>') == 1
    assert one('stream/x_test.cpp', '#include "testing/loop.hpp"') == 0
    assert one('stream/x.cpp', '#include "testing/loop.hpp"') == 1
    assert one('nowhere/x.cpp', '') == 1
    assert len(cmake_differences('sipcast_layer(rtp DEPENDS base LINK x)')) == 1


def main():
    self_test()
    root = pathlib.Path(__file__).resolve().parents[2]
    found = cmake_differences((root / 'cmake/layers.cmake').read_text())
    files = sorted(p for p in (root / 'src').rglob('*') if p.suffix in ('.cpp', '.hpp'))
    for file in files:
        found += findings(file.relative_to(root / 'src').as_posix(), file.read_text())
    for line in found:
        print(line)
    print(f'layers: {len(files)} files, {len(found)} findings')
    return 1 if found or not files else 0


if __name__ == '__main__':
    sys.exit(main())
