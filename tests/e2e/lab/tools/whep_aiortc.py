#!/usr/bin/env python3
"""A WHEP client on aiortc, which shares no code with any browser: plays URL for SECONDS and prints as JSON what was decoded.

    whep_aiortc.py URL [SECONDS]"""
import asyncio
import json
import sys
import urllib.parse
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError


def request(method, url, body=None, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}, method=method), timeout=30) as reply:
        return reply.status, reply.headers, reply.read().decode()


async def main(url, seconds):
    seen = {'audio': 0, 'video': 0, 'pictures': set()}
    pc, tasks = RTCPeerConnection(), []

    async def count(track):
        try:
            while True:
                frame = await track.recv()
                seen[track.kind] += 1
                if track.kind == 'video':
                    seen['size'] = f'{frame.width}x{frame.height}'
                    seen['pictures'].add(hash(frame.to_ndarray().tobytes()))
        except MediaStreamError:
            pass

    pc.on('track', lambda track: tasks.append(asyncio.ensure_future(count(track))))
    for kind in ('audio', 'video'):
        pc.addTransceiver(kind, 'recvonly')
    await pc.setLocalDescription(await pc.createOffer())
    post = asyncio.get_running_loop().run_in_executor(
        None, request, 'POST', url, pc.localDescription.sdp.encode(), {'Content-Type': 'application/sdp'})
    status, headers, answer = await post
    await pc.setRemoteDescription(RTCSessionDescription(answer, 'answer'))
    await asyncio.sleep(seconds)
    deleted, *_ = request('DELETE', urllib.parse.urljoin(url, headers['Location']))
    await pc.close()
    print(json.dumps({**seen, 'pictures': len(seen['pictures']), 'status': status, 'deleted': deleted}))


asyncio.run(main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 3))
