"""A back-end of apps, as the hooks of the server see it: an HTTP(S) server that does as it is told, and remembers what it was asked."""
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time

from harness import eventually


class Backend:
    """`answers`: {method: what it does}, for others the same object comes back as with WCS: a dict of fields to change; a number, the status of a refusal;
    (status, body); or a callable that gets the handler and the object. `calls`: (method, headers, object), in order."""

    def __init__(self, test, certificates=None):
        self.answers, self.calls = {}, []
        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a server that does not wait for a late answer
        self.port = self.server.server_address[1]
        self.url = f'{"https" if certificates else "http"}://127.0.0.1:{self.port}/hooks'
        if certificates:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificates.folder / 'server.pem', certificates.folder / 'server.key')
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)

    def _handler(backend):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                body = self.rfile.read(int(self.headers['Content-Length']))
                method = self.path.rsplit('/', 1)[1]
                asked = json.loads(body)
                backend.calls.append((method, {**self.headers, 'BODY': body.decode(), 'PATH': self.path}, asked))
                answer = backend.answers.get(method, {})
                if callable(answer):
                    answer = answer(self, asked)
                    if answer is None:
                        return
                if isinstance(answer, dict):
                    answer = (200, json.dumps({**asked, **answer}))
                if isinstance(answer, int):
                    answer = (answer, '')
                self.reply(*answer)

            def reply(self, status, text, **headers):
                self.send_response(status)
                self.send_header('Content-Type', 'application/json')
                self.send_header('Content-Length', str(len(text.encode())))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass
        return Handler

    def of(self, method):
        """What it was asked by this method so far."""
        return [asked for called, _, asked in self.calls if called == method]

    def wait(self, method, count=1, timeout=10, **fields):
        """The first `count` calls of a method with these fields."""
        def there():
            found = [asked for asked in self.of(method) if all(asked.get(name) == value for name, value in fields.items())]
            return found[:count] if len(found) >= count else None
        return eventually(there, timeout, f'{count} {method} with {fields} at the back-end, which was asked {[c[0] for c in self.calls]}')


def app(backend, *methods, **more):
    return {'url': backend.url, 'methods': list(methods), **more}


def signed(headers, secret):
    """Whether a hook's signature is right, and its timestamp fresh."""
    text = f'{headers["X-Sipcast-Timestamp"]}.{headers["X-Sipcast-Event-Id"]}.{headers["BODY"]}'
    wanted = 'sha256=' + hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, headers.get('X-Sipcast-Signature', '')) and abs(time.time() - int(headers['X-Sipcast-Timestamp'])) < 60
