"""A receiver of webhooks on this machine, which answers as a test tells it to."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from standardwebhooks import Webhook

from content_pipeline.core.settings import settings


class Received(NamedTuple):
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def verified(self, secret: str) -> dict[str, Any]:
        """The event, as the library that we recommend reads it. Raises its WebhookVerificationError."""
        event: dict[str, Any] = Webhook(secret).verify(self.body, self.headers)
        return event


@dataclass
class Receiver:
    """`answers` holds status and headers by path, 200 without; a path in `hangs` answers after `let_go`."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: dict[str, tuple[int, dict[str, str]]] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    let_go: threading.Event = field(default_factory=threading.Event)

    def of(self, path: str) -> list[Received]:
        return [request for request in self.received if request.path == path]

    def event_ids(self) -> Counter[str]:
        return Counter(request.event_id for request in self.received)


@contextmanager
def serving(port: int = 0) -> Iterator[Receiver]:
    """Serve a receiver on this port of localhost, 0 for any that is free."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.received.append(Received(self.path, headers, body))
            if self.path in receiver.hangs:
                receiver.let_go.wait()
            status, answer = receiver.answers.get(self.path, (200, {}))
            self.send_response(status)
            for name, value in {"Content-Length": "0", **answer}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        request_queue_size = 256
        daemon_threads = True

    with Server(("127.0.0.1", port), Handler) as server:
        receiver = Receiver(f"http://localhost:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield receiver
        finally:
            receiver.let_go.set()
            server.shutdown()
            thread.join()


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Serve a receiver, to which webhooks of this process may lead."""
    with serving() as receiver, pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings(), "allowed_private_hosts", [receiver.url.removeprefix("http://")])
        yield receiver
