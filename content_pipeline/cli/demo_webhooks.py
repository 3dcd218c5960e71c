"""Webhook receiver of the demo: verifies each delivery, and prints a line for each event."""

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
from rich.text import Text
from standardwebhooks import Webhook, WebhookVerificationError

from content_pipeline.cli.demo_client import POLL_SECONDS, call_api, console

EVENTS: Final = ("task.completed", "task.failed", "calendar_item.published")
# An event is sent within 6 s of what it tells.
_WAIT_SECONDS: Final = 10


class Receiver:
    """What has been received under `path`; `secret` verifies it."""

    def __init__(self, path: str, secret: str) -> None:
        self._path = path
        self._webhook = Webhook(secret)
        self._seen: set[str] = set()
        self._lock = threading.Lock()

    def receive(self, path: str, body: bytes, headers: Mapping[str, str]) -> HTTPStatus:
        """Print the event, unless it came before. Returns the status to answer."""
        if path != self._path:  # of an earlier demo that was killed: this disables its webhook
            return HTTPStatus.GONE
        try:
            event = self._webhook.verify(body, dict(headers))
        except WebhookVerificationError:
            return HTTPStatus.UNAUTHORIZED
        with self._lock:
            if headers["webhook-id"] not in self._seen:
                self._seen.add(headers["webhook-id"])
                console.print(Text(f"{'webhook':<14} {event['type']:<24} {_subject(event)}", style="dim"))
        return HTTPStatus.NO_CONTENT


def _subject(event: Mapping[str, Any]) -> str:
    data = event["data"]
    return str(data["kind"] if event["type"].startswith("task.") else data["platform"])


@contextmanager
def receiving(client: httpx.Client, port: int) -> Iterator[None]:
    """Register a webhook that leads to this process, and print its events during the block, also the last ones.

    Raises OSError when the port is taken, httpx.HTTPStatusError.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(receiver.receive(self.path, body, headers))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    path = f"/{secrets.token_urlsafe(9)}"
    with ThreadingHTTPServer(("127.0.0.1", port), Handler) as server:
        request = {"url": f"http://127.0.0.1:{port}{path}", "events": list(EVENTS)}
        webhook = call_api(client, "POST", "/webhooks", json=request)
        receiver = Receiver(path, webhook["secret"])
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
            _wait_for_deliveries(client, f"/webhooks/{webhook['id']}/deliveries")
        finally:
            client.delete(f"/webhooks/{webhook['id']}")
            server.shutdown()
            thread.join()


def _wait_for_deliveries(client: httpx.Client, path: str) -> None:
    """Return when nothing is left to deliver, or after ten seconds."""
    deadline = time.monotonic() + _WAIT_SECONDS
    while time.monotonic() < deadline:
        deliveries = client.get(path).raise_for_status().json()
        if all(delivery["status"] != "pending" for delivery in deliveries):
            return
        time.sleep(POLL_SECONDS)
