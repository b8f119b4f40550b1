#!/usr/bin/env python3
"""Many LL-HLS players at once: each follows the playlist by blocking reloads and fetches every new part, on a connection that it keeps.

    hls_load.py HOST PORT PATH CLIENTS SECONDS

Prints as JSON: clients, playlists, parts, bytes, errors, and how late parts came: from the moment that the first client had a part to the
moment that each of the others had it (p50, p95, p99 in ms)."""
import asyncio
import collections
import json
import re
import sys
import time

HOST, PORT, PATH, CLIENTS, SECONDS = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
FOLDER = PATH.rsplit('/', 1)[0] + '/'
totals = collections.Counter()
first_seen, lateness, causes = {}, [], collections.Counter()


class Client:
    async def get(self, path):
        self.writer.write(f'GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n'.encode())
        head = (await self.reader.readuntil(b'\r\n\r\n')).decode()
        size = int(re.search(r'content-length: (\d+)', head, re.I)[1])
        body = await self.reader.readexactly(size)
        status = int(head.split(' ', 2)[1])
        if status != 200:
            raise RuntimeError(f'{status} {path.split("?")[-1] if "?" in path else "part"} {body[:100]!r}')
        return body

    async def run(self, until):
        try:
            self.reader, self.writer = await asyncio.open_connection(HOST, PORT)
            query, got = '', None
            while time.monotonic() < until:
                text = (await self.get(PATH + query)).decode()
                totals['playlists'] += 1
                parts = re.findall(r'#EXT-X-PART:.*URI="([^"]+)"', text)
                new = parts[parts.index(got) + 1:] if got in parts else parts[-1:]
                for part in new:
                    body = await self.get(FOLDER + part)
                    totals['bytes'] += len(body)
                    totals['parts'] += 1
                    now = time.monotonic()
                    lateness.append((now - first_seen.setdefault(part, now)) * 1000)
                    got = part
                if '#EXT-X-ENDLIST' in text:
                    return
                msn, index = re.search(r'#EXT-X-PRELOAD-HINT:TYPE=PART,URI="\w+-(\d+)-(\d+)', text).groups()
                query = f'?_HLS_msn={msn}&_HLS_part={index}'
            self.writer.close()
        except Exception as error:
            causes[f'{type(error).__name__}: {error}'[:120]] += 1


async def main():
    until = time.monotonic() + SECONDS
    tasks = []
    for n in range(CLIENTS):
        tasks.append(asyncio.create_task(Client().run(until)))
        if n % 50 == 49:
            await asyncio.sleep(0.02)
    await asyncio.wait(tasks, timeout=SECONDS + 10)
    lateness.sort()
    at = {f'p{q}Ms': round(lateness[min(len(lateness) - 1, len(lateness) * q // 100)], 1) for q in (50, 95, 99)} if lateness else {}
    print(json.dumps({'clients': CLIENTS, **totals, **at, 'errors': sum(causes.values()), 'causes': dict(causes.most_common(3))}))

asyncio.run(main())
