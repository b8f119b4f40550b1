"""Asks the native API, and holds every answer against the OpenAPI description that the server itself serves."""
import contextlib
import json
import re
import socket
import urllib.parse

import jsonschema

from harness import ROOT, http

METHODS = ('get', 'post', 'put', 'patch', 'delete')


class Description:
    """web/openapi.json: what may be asked and answered, and what has been seen of it."""

    def __init__(self, document=None):
        self.document = document or json.loads((ROOT / 'web/openapi.json').read_text())
        self.resolver = jsonschema.RefResolver('', self.document)
        self.seen = set()

    def operations(self):
        """(method, path, operation) of each."""
        for path, item in self.document['paths'].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def documented(self):
        return {(method, path, status) for method, path, operation in self.operations() for status in operation['responses']}

    def findings(self, value, schema):
        """What is wrong with a value, as a list of texts."""
        validator = jsonschema.Draft202012Validator(schema, resolver=self.resolver)
        return [f'{"/".join(map(str, error.absolute_path))}: {error.message[:300]}' for error in validator.iter_errors(value)]

    def check(self, method, path, answer):
        """What an answer has that the description does not."""
        operation = self.document['paths'][path][method.lower()]
        response = operation['responses'].get(str(answer.status))
        if response is None:
            return [f'{method} {path}: status {answer.status} is not documented: {answer}']
        self.seen.add((method, path, str(answer.status)))
        media_type = (answer.headers['Content-Type'] or '').split(';')[0]
        contents = response.get('content')
        if not contents:
            return [f'{method} {path}: a body where none is documented: {answer}'] if answer.body else []
        if media_type not in contents:
            return [f'{method} {path} {answer.status}: {media_type} is not documented']
        if not media_type.endswith('json'):
            return []
        return [f'{method} {path} {answer.status}: {finding}' for finding in self.findings(answer.json(), contents[media_type]['schema'])]


class Api:
    """Asks a server; each answer must be of the wanted status and as described."""

    def __init__(self, test, server, description):
        self.test, self.server, self.description = test, server, description

    def __call__(self, method, path, expect, body=None, headers=None, query=None, **parameters):
        """`path` as the description has it, e.g. /v1/calls/{call_id}; `body` is JSON, or bytes as they are."""
        target = re.sub(r'\{(\w+)\}', lambda match: urllib.parse.quote(parameters[match[1]], safe=''), path)
        if query:
            target += '?' + (query if isinstance(query, str) else urllib.parse.urlencode(query))
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        answer = http(method, self.server.base + target, data, {**({'Content-Type': 'application/json'} if data else {}), **(headers or {})})
        self.test.assertEqual(answer.status, expect, f'{method} {target}: {answer}')
        findings = self.description.check(method, path, answer)
        self.test.assertEqual(findings, [], f'{method} {target}')
        if answer.body and answer.headers['Content-Type'].endswith('json'):
            return answer.json()
        return answer


class EventStream:
    """A connection that takes server-sent events (GET /v1/events)."""

    def __init__(self, test, server, query='', last_event_id=None):
        self.socket = socket.create_connection(('127.0.0.1', server.http_port), 5)
        test.addCleanup(self.socket.close)
        extra = f'Last-Event-ID: {last_event_id}\r\n' if last_event_id is not None else ''
        self.socket.sendall(f'GET /v1/events{query} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{extra}\r\n'.encode())
        self.input = self.socket.makefile('rb')
        self.status = int(self.input.readline().split()[1])
        self.headers = {}
        while line := self.input.readline().strip():
            name, _, value = line.decode().partition(':')
            self.headers[name.lower()] = value.strip()

    def next(self, timeout=10):
        """The next event as (id, its JSON); None when there is none in time."""
        self.socket.settimeout(timeout)
        number, data = None, []
        with contextlib.suppress(TimeoutError):
            while line := self.input.readline():
                text = line.decode().rstrip('\n')
                if not text and data:
                    return number, json.loads('\n'.join(data))
                name, _, value = text.partition(': ')
                if name == 'id':
                    number = int(value)
                if name == 'data':
                    data.append(value)
        return None

    def until(self, kind, timeout=10):
        """All events up to the first of this type."""
        events = []
        while True:
            event = self.next(timeout)
            assert event, f'no {kind} behind {[e["type"] for e in events]}'
            events.append(event[1])
            if event[1].get('type') == kind:
                return events


def parse_metrics(text):
    """{(name, (label, value)...): number} of the text format, to the letter: a line that does not follow it is an error."""
    metrics, types = {}, {}
    for line in text.splitlines():
        if line.startswith('#'):
            kind, name, rest = re.fullmatch(r'# (HELP|TYPE) (\w+) (.+)', line).groups()
            if kind == 'TYPE':
                assert name not in types, f'{name} begins twice'
                types[name] = rest
            continue
        name, labels, value = re.fullmatch(r'(\w+)(?:\{(.*)\})? (\S+)', line).groups()
        family = re.sub(r'_(bucket|sum|count)$', '', name)
        assert types.get(name) or types.get(family) == 'histogram', f'{name} has no TYPE'
        pairs = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"(?:,|$)', labels or '')
        assert ''.join(f'{k}="{v}",' for k, v in pairs).rstrip(',') == (labels or ''), line
        key = (name, *pairs)
        assert key not in metrics, f'{key} comes twice'
        metrics[key] = float(value)
    return metrics
