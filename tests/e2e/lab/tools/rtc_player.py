#!/usr/bin/python3
"""A WebRTC viewer (aiortc) whose signalling is somebody else's. Each line of stdin is a JSON value: null makes a new peer connection that would receive sound
and picture, and prints its offer, candidates included, as a JSON string; a string is the answer to the last offer. Ends with stdin."""
import asyncio
import json
import sys

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaBlackhole


async def main():
    peers, loop = [], asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        answer = json.loads(line)
        if answer is None:
            peers.append((RTCPeerConnection(), MediaBlackhole()))
            peer, sink = peers[-1]
            peer.on('track', sink.addTrack)
            for kind in ('audio', 'video'):
                peer.addTransceiver(kind, direction='recvonly')
            await peer.setLocalDescription(await peer.createOffer())
            print(json.dumps(peer.localDescription.sdp), flush=True)
        else:
            peer, sink = peers[-1]
            await peer.setRemoteDescription(RTCSessionDescription(answer, 'answer'))
            await sink.start()
    for peer, sink in peers:
        await sink.stop()
        await peer.close()


asyncio.run(main())
